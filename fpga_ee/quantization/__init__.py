"""Power-of-two fixed point, and the certificate that makes it exact."""

import logging

# On import, torchao reports the GPU libraries that this machine cannot load, and torch reports the types of
# torchao that it knows already. Neither is used here. An operator that cannot be traced is reported by the
# error
# that ends the tracing.
for _name in ("torchao", "torch.utils._pytree", "torch.fx.experimental.symbolic_shapes"):
    logging.getLogger(_name).setLevel(logging.ERROR)
