"""The proof as a table."""

from rich.table import Table

from fpga_ee.reporting.quantization_report import outcome_row
from fpga_ee.reporting.text import percent
from fpga_ee.verification.verify import Verification


def verification_table(network: str, split: str, verification: Verification) -> Table:
    """Show one row for each run: the numbers of images that differ from PyTorch."""
    table = Table(title=f"{network}: {verification.images:,} images of {split}, against PyTorch, all exits")
    for heading in ("run", "level"):
        table.add_column(heading)
    for heading in ("other logits", "other exit", "other label", "largest ulp", "seconds"):
        table.add_column(heading, justify="right")
    table.add_row("PyTorch, all exits", "-", "-", "-", "-", "-", f"{verification.reference_seconds:.1f}")
    for run in verification.runs:
        difference = run.difference
        table.add_row(
            run.name,
            run.level or "-",
            f"{difference.logits:,}",
            f"{difference.exit_indices:,}",
            f"{difference.labels:,}",
            f"{difference.ulps:,}",
            f"{run.seconds:.1f}",
        )
    shares = [count / verification.images for count in verification.exit_counts]
    leaving = ", ".join(f"{percent(share)} at exit {index}" for index, share in enumerate(shares))
    accuracy = percent(verification.correct / verification.images)
    table.caption = f"Images left {leaving}; {accuracy} of the labels are right.{_unreached(verification)}"
    return table


def _unreached(verification: Verification) -> str:
    """Name the stages that no image reached; the conditional runs prove nothing about them."""
    stages = [
        str(stage)
        for stage in range(1, len(verification.exit_counts))
        if not any(verification.exit_counts[stage:])
    ]
    if not stages:
        return ""
    which = f"stage {stages[0]}" if len(stages) == 1 else f"stages {', '.join(stages)}"
    return f" None came to {which}, so only all_exits.onnx tells of {'it' if len(stages) == 1 else 'them'}."


def accuracy_table(verification: Verification) -> Table:
    """Show accuracy and exits of the float network's own ``forward`` beside those of the verified network."""
    table = Table(title="on the same images")
    table.add_column("arithmetic")
    for index in range(len(verification.exit_counts)):
        table.add_column(f"exit {index} alone", justify="right")
    table.add_column("leave early", justify="right")
    table.add_column("combined", justify="right")
    table.add_row("float, the network's forward", *outcome_row(verification.float_outcome))
    if verification.exact:
        table.add_row("fixed point", *outcome_row(verification.outcome))
    return table


def verdict(verification: Verification) -> str:
    """Write the result, its remarks and its warnings in one line.

    Only fixed point is ever called proven.
    """
    text = _result(verification)
    for heading, sentences in (("Note", verification.remarks), ("WARNING", verification.warnings)):
        if sentences:
            text += f". {heading}: {'; '.join(sentences)}"
    return text


def _result(verification: Verification) -> str:
    images, uncertain = verification.images, verification.uncertain
    certain = images - uncertain
    if verification.diagnosis is not None:
        return f"FAILED: {verification.diagnosis}"
    if verification.strays:
        return f"FAILED: {verification.strays:,} of {certain:,} images left at another exit in some run"
    if verification.apart:
        return f"FAILED: {verification.apart:,} of {images:,} images have logits too far apart for rounding"
    if verification.exact:
        return (
            f"PROVEN: on {images:,} of {images:,} images every logit, exit and label is equal in every bit, "
            "in every run"
        )
    return (
        f"AGREED: float, so not a proof: {certain:,} of {certain:,} images took the same exit in every run, "
        f"and {uncertain:,} more lie too near a threshold to be sure"
    )
