"""The image side and the question side of glance, as they are trained."""

import torch
from torch import nn
from torch.nn import functional as F

from words import ROWS

WIDTH = 64
# The cell of the map is 16 pixels high and 8 wide.
CELL = (16, 8)


def unit(channels_in, channels_out, kernel, stride=1, groups=1, active=True):
    padding = tuple(k // 2 for k in kernel) if kernel != (2, 1) else 0
    layers = [
        nn.Conv2d(channels_in, channels_out, kernel, stride, padding, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out),
    ]
    return nn.Sequential(*layers, nn.ReLU()) if active else nn.Sequential(*layers)


class Block(nn.Module):
    """What is added: depthwise along the line, then across channels."""

    def __init__(self, channels, kernel, inner=None):
        super().__init__()
        self.depth = unit(channels, channels, kernel, groups=channels)
        if inner:
            self.point = nn.Sequential(
                unit(channels, inner, (1, 1)), unit(inner, channels, (1, 1), active=False)
            )
        else:
            self.point = nn.Sequential(unit(channels, channels, (1, 1), active=False))

    def forward(self, x):
        return F.relu(x + self.point(self.depth(x)))


class Image(nn.Module):
    """Grey pixels [B, 1, H, W] of −1 to 1 to features [B, 64, H/16, W/8]."""

    def __init__(self, scale=1.0):
        super().__init__()
        a, b, c, d, e = [max(4, int(round(n * scale / 4)) * 4) for n in (8, 24, 48, 64, 96)]
        self.layers = nn.Sequential(
            unit(1, a, (3, 3), 2),
            unit(a, b, (3, 3), 2),
            unit(b, c, (3, 3), 2),
            Block(c, (3, 5)),
            Block(c, (3, 5)),
            unit(c, d, (2, 1), (2, 1)),
            Block(d, (1, 9), e),
            Block(d, (1, 13), e),
            Block(d, (1, 19), e),
        )
        self.last = nn.Conv2d(d, WIDTH, 1)

    def forward(self, x):
        trunk = self.layers(x)
        return F.normalize(self.last(trunk), dim=1), trunk


class Glance(nn.Module):
    def __init__(self, scale=1.0):
        super().__init__()
        self.image = Image(scale)
        self.table = nn.EmbeddingBag(ROWS, WIDTH, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.null = nn.Parameter(torch.randn(WIDTH))
        self.scale = nn.Parameter(torch.tensor(2.7))
        trunk = self.image.last.in_channels
        # Thrown away after training: the letters of the word by its parts, and the place within it.
        self.letters = nn.Conv2d(trunk, PARTS * 36, 1)
        self.place = nn.Conv2d(trunk, 2, 1)

    def words(self, rows, starts):
        return F.normalize(self.table(rows, starts), dim=1)

    def sharp(self):
        return self.scale.clamp(max=3.7).exp()


# Parts of the levels 1, 2 and 3.
PARTS = 6
