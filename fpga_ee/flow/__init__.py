"""The steps of the flow: each reads and writes the files of ``build/<network>/`` and can run alone."""
