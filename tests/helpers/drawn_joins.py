"""Sums of feature maps in drawn networks."""

from hypothesis import strategies as st
from torch import Tensor, nn

from helpers.drawn_layers import Chain, activation, batch_norm


def residual(chain: Chain) -> None:
    """Add a sum: of the input, or another layer's output for it, and a chain of layers' output for it."""
    draw, channels = chain.draw, chain.shape[0]
    filters, stride = draw(st.sampled_from([(channels, 1), (channels, 1), (4, 1), (3, 2)]))
    body = Chain(draw, chain.shape)
    kernel = draw(st.sampled_from([1, 3]))
    body.add(nn.Conv2d(channels, filters, kernel, stride=stride, padding=kernel // 2))
    if draw(st.booleans()):
        batch_norm(body)
    if draw(st.booleans()):
        body.add(nn.ReLU())
        body.add(nn.Conv2d(filters, filters, kernel, padding=kernel // 2, groups=filters, bias=False))
    shortcut: nn.Module = nn.Identity()
    if (filters, stride) != (channels, 1):
        shortcut = nn.Conv2d(channels, filters, kernel_size=1, stride=stride)
    elif draw(st.booleans()):
        shortcut = draw(st.sampled_from([nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1), nn.ReLU()]))
    chain.add(Sum(nn.Sequential(*body.modules), shortcut))
    if draw(st.booleans()):
        activation(chain)


def plain_residual(chain: Chain) -> None:
    """Adds the output of one or two convolutions to their input, or to the output of a faster layer."""
    draw, channels = chain.draw, chain.shape[0]
    filters, stride = draw(st.sampled_from([(channels, 1), (channels, 1), (4, 1), (3, 2)]))
    kernel = draw(st.sampled_from([1, 3, 5]))
    body: list[nn.Module] = [nn.Conv2d(channels, filters, kernel, stride=stride, padding=kernel // 2)]
    if draw(st.booleans()):
        body += [nn.ReLU(), nn.Conv2d(filters, filters, kernel, padding=kernel // 2)]
    shortcut: nn.Module = nn.Identity()
    if (filters, stride) != (channels, 1):
        shortcut = nn.Conv2d(channels, filters, kernel_size=1, stride=stride)
    elif draw(st.booleans()):
        shortcut = draw(st.sampled_from([nn.MaxPool2d(3, 1, 1), nn.ReLU()]))
    chain.add(Sum(nn.Sequential(*body), shortcut))
    if draw(st.booleans()):
        chain.add(nn.ReLU())


def nested_residual(chain: Chain) -> None:
    """A residual around a residual: both read one fork where the inner one stands first, and are one sum."""
    channels = chain.shape[0]
    inner = Sum(nn.Conv2d(channels, channels, kernel_size=3, padding=1), nn.Identity())
    outer: list[nn.Module] = [inner]
    if chain.draw(st.booleans()):
        outer += [nn.ReLU(), nn.Conv2d(channels, channels, kernel_size=3, padding=1)]
    chain.add(Sum(nn.Sequential(*outer), nn.Identity()))


def linear_residual(chain: Chain) -> None:
    entries = chain.shape[0]
    chain.add(Sum(nn.Sequential(nn.Linear(entries, entries), nn.ReLU()), nn.Identity()))


class Sum(nn.Module):
    """The sum of two modules' outputs for one input."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x: Tensor) -> Tensor:
        return self.first(x) + self.second(x)  # type: ignore[no-any-return]
