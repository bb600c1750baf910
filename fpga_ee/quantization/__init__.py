"""Power-of-two fixed point, and the certificate that makes it exact."""

import logging

# When torchao is imported it says which of its GPU libraries this machine cannot load, and torch says
# which of torchao's types it knows already. Neither is used here.
# What cannot be traced is told by the error that ends the tracing.
for _name in ("torchao", "torch.utils._pytree", "torch.fx.experimental.symbolic_shapes"):
    logging.getLogger(_name).setLevel(logging.ERROR)
