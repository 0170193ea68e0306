"""Paints a friendly flat face from a `Look`.

Everything is measured in pixels of the finished picture: x from its middle, positive to the right, y from its top.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PIL import Image

from simulator.drawing import XY, Canvas, Colour, mirrored, mix
from simulator.look import Clothing, Hair, Look

WIDTH: Final = 413
HEIGHT: Final = 531

_WHITE: Final[Colour] = (255, 253, 249)
_INK: Final[Colour] = (44, 33, 32)
_IRIS: Final[Colour] = (62, 40, 30)
_PUPIL: Final[Colour] = (20, 14, 12)
_FRAME: Final[Colour] = (70, 58, 52)
_SCARF: Final[Colour] = (200, 54, 48)
_SCARF_SHADE: Final[Colour] = (176, 45, 40)
_GOLD: Final[Colour] = (233, 162, 59)
_SHIRT_COLLAR: Final[Colour] = (226, 232, 236)

_HEAD_OF_CHILD: Final[list[XY]] = [
    (0, 120), (60, 128), (95, 172), (102, 235), (98, 286), (74, 332), (36, 358), (0, 363)
]  # fmt: skip
_HEAD_OF_WOMAN: Final[list[XY]] = [
    (0, 118), (58, 125), (88, 168), (95, 228), (91, 280), (70, 328), (34, 362), (0, 370)
]  # fmt: skip
_HEAD_OF_MAN: Final[list[XY]] = [
    (0, 118), (60, 125), (91, 168), (97, 230), (94, 285), (77, 334), (40, 366), (0, 373)
]  # fmt: skip

_SHORT_BEHIND: Final[list[XY]] = [(0, 92), (66, 102), (100, 150), (103, 214), (98, 250), (0, 262)]
_SHOULDER_BEHIND: Final[list[XY]] = [
    (0, 80), (76, 94), (117, 150), (124, 240), (124, 340), (112, 402), (60, 408), (0, 400)
]  # fmt: skip
_HAIR_BEHIND: Final[Mapping[Hair, list[XY]]] = {
    Hair.LONG: [(0, 78), (76, 92), (118, 150), (126, 240), (124, 340), (134, 430), (96, 470), (0, 470)],
    Hair.SHOULDER: _SHOULDER_BEHIND,
    Hair.FRINGE: _SHOULDER_BEHIND,
    Hair.BOB: [(0, 82), (74, 94), (115, 150), (121, 240), (117, 316), (96, 352), (40, 350), (0, 340)],
    Hair.BUN: [(0, 88), (66, 98), (101, 150), (103, 220), (98, 262), (0, 270)],
}


def _parted(low: float) -> list[XY]:
    """Hair parted on one side that falls to `low`."""
    return [
        (-104, low), (-117, 260), (-117, 176), (-92, 114), (-42, 80), (14, 74), (74, 92), (110, 150), (118, 220),
        (116, 290), (104, low), (96, 300), (95, 240), (86, 190), (56, 158), (6, 142), (-34, 118), (-62, 156),
        (-86, 196), (-95, 246), (-96, 300),
    ]  # fmt: skip


_HAIR_IN_FRONT: Final[Mapping[Hair, list[XY]]] = {
    Hair.SHORT: [
        (-99, 236), (-105, 190), (-94, 130), (-52, 90), (10, 80), (70, 94), (102, 140), (105, 196), (99, 236),
        (90, 206), (82, 172), (44, 158), (0, 164), (-44, 154), (-78, 166), (-90, 204),
    ],
    Hair.SIDE_PARTING: [
        (-99, 236), (-106, 190), (-96, 130), (-58, 88), (4, 74), (66, 86), (101, 134), (105, 192), (99, 236),
        (91, 200), (84, 168), (60, 150), (20, 148), (-28, 136), (-50, 118), (-72, 148), (-86, 176), (-91, 204),
    ],
    Hair.CROP: [
        (-98, 226), (-103, 184), (-92, 128), (-50, 96), (0, 88), (50, 96), (92, 128), (103, 184), (98, 226),
        (88, 190), (70, 152), (36, 142), (0, 140), (-36, 142), (-70, 152), (-88, 190),
    ],
    Hair.RECEDING: [
        (-99, 240), (-106, 196), (-97, 140), (-60, 104), (0, 92), (60, 104), (97, 140), (106, 196), (99, 240),
        (91, 208), (84, 172), (70, 138), (34, 122), (0, 132), (-34, 122), (-70, 138), (-84, 172), (-91, 208),
    ],
    Hair.BUN: [
        (-99, 236), (-106, 186), (-92, 124), (-48, 88), (0, 80), (48, 88), (92, 124), (106, 186), (99, 236),
        (90, 194), (72, 156), (30, 132), (0, 126), (-30, 132), (-72, 156), (-90, 194),
    ],
    Hair.FRINGE: [
        (-104, 350), (-117, 260), (-117, 176), (-92, 114), (-42, 80), (10, 76), (70, 92), (110, 150), (117, 220),
        (116, 290), (104, 350), (97, 300), (95, 246), (86, 208), (62, 206), (30, 212), (0, 213), (-30, 212),
        (-62, 206), (-86, 208), (-95, 246), (-97, 300),
    ],
    Hair.BOB: _parted(318),
    Hair.SHOULDER: _parted(352),
    Hair.LONG: _parted(372),
}  # fmt: skip


class FacePainter:
    """Paints one portrait, from back to front."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._canvas = Canvas(WIDTH, HEIGHT, look.background)
        self._child = look.age < 14
        self._old = look.age >= 60
        self._shade = mix(look.skin, (150, 74, 52), 0.22)
        self._crease = mix(look.skin, (104, 48, 36), 0.55)
        self._eye_y = 258 if self._child else 247
        half = _HEAD_OF_CHILD if self._child else _HEAD_OF_WOMAN if look.female else _HEAD_OF_MAN
        self._head = mirrored(half)

    def paint(self) -> Image.Image:
        """The portrait, 413 × 531 pixels, RGB."""
        self._background()
        self._hair_behind()
        self._neck()
        self._clothes()
        self._ears()
        self._canvas.shape(self._head, self._look.skin)
        self._cheeks()
        for side in (-1, 1):
            self._eye(side)
            self._brow(side)
        self._nose()
        self._mouth()
        if self._old:
            self._lines_of_age()
        self._hair_in_front()
        if self._look.glasses:
            self._glasses()
        return self._canvas.finish()

    def _background(self) -> None:
        light = mix(self._look.background, _WHITE, 0.45)
        self._canvas.ellipse((0, 236), (190, 214), light, opacity=0.8, blur=34)

    def _neck(self) -> None:
        width = 36 if self._child else 41 if self._look.female else 50
        neck = mirrored(
            [(0, 296), (width, 300), (width, 350), (width + 2, 396), (width + 12, 424), (width + 26, 446), (0, 500)]
        )
        self._canvas.shape(neck, self._look.skin)
        under_the_chin = mirrored([(0, 320), (50, 325), (width + 12, 352), (width - 8, 386), (0, 408)])
        self._canvas.shape(under_the_chin, self._shade, opacity=0.8, within=neck)

    def _ears(self) -> None:
        x = max(point[0] for point in self._head)
        for side in (-1, 1):
            self._canvas.ellipse((side * (x - 1), self._eye_y + 12), (15, 27), self._look.skin)
            self._canvas.ellipse((side * x, self._eye_y + 13), (8, 17), self._shade, opacity=0.7)

    def _cheeks(self) -> None:
        far_side: list[XY] = [(48, 110), (130, 150), (130, 390), (10, 392), (62, 330), (80, 260), (74, 180)]
        self._canvas.shape(far_side, self._shade, opacity=0.35, blur=7, within=self._head)
        blush = mix(self._look.skin, (226, 92, 84), 0.5)
        for side in (-1, 1):
            centre = (side * 58, self._eye_y + 50)
            self._canvas.ellipse(centre, (24, 17), blush, opacity=0.45, blur=7, within=self._head)

    def _eye(self, side: int) -> None:
        y = self._eye_y
        open_by = 15 if self._child else 11 if self._old else 13
        x, inner, outer = side * 42, side * 22, side * 65
        almond: list[XY] = [
            (inner, y + 4), (x - side * 8, y - open_by + 2), (x + side * 8, y - open_by + 1), (outer, y - 1),
            (x + side * 10, y + open_by - 3), (x - side * 8, y + open_by - 2),
        ]  # fmt: skip
        self._canvas.shape(almond, _WHITE)
        self._canvas.ellipse((x, y), (12, 12.5), _IRIS, within=almond)
        self._canvas.ellipse((x, y), (5.5, 6), _PUPIL, within=almond)
        self._canvas.ellipse((x + 4, y - 5), (3.4, 3.4), _WHITE)
        lid: list[XY] = [
            (inner - side, y + 4), (x - side * 9, y - open_by + 1), (x + side * 8, y - open_by),
            (outer + side * 3, y - 3),
        ]  # fmt: skip
        self._canvas.line(lid, 5.5 if self._look.female else 4.6, _INK, taper=True)
        if self._look.female and not self._old:
            self._canvas.line([(outer - side, y - 3), (outer + side * 7, y - 9)], 3, _INK, taper=True)
        fold: list[XY] = [
            (inner + side * 4, y - open_by + 1),
            (x, y - open_by - 7),
            (outer - side * 2, y - open_by + 1),
        ]
        self._canvas.line(fold, 2.2, self._crease, taper=True, opacity=0.6)

    def _brow(self, side: int) -> None:
        y = self._eye_y - (34 if self._child else 31)
        colour = mix(self._look.hair_colour, self._look.skin, 0.12)
        arch: list[XY] = [(side * 20, y + 3), (side * 42, y - 5), (side * 66, y + 3)]
        self._canvas.line(arch, 6.5 if self._look.female else 9.5, colour, taper=True)

    def _nose(self) -> None:
        top, tip = self._eye_y + 14, self._eye_y + (46 if self._child else 56)
        bridge: list[XY] = [(3, top), (12, tip - 12), (18, tip), (6, tip + 5), (-2, tip)]
        self._canvas.shape(bridge, self._shade, opacity=0.55)
        wings: list[XY] = [(-15, tip - 3), (-9, tip + 4), (0, tip + 2), (9, tip + 4), (15, tip - 3)]
        self._canvas.line(wings, 3, self._crease, taper=True)

    def _mouth(self) -> None:
        y = self._eye_y + (78 if self._child else 88)
        width = 27 if self._child else 33
        lips = mix(self._look.skin, (196, 62, 66), 0.62 if self._look.female else 0.4)
        lower: list[XY] = [
            (-width, y - 7), (-14, y + 2), (0, y + 4), (14, y + 2), (width, y - 7),
            (19, y + 9), (0, y + 14), (-19, y + 9),
        ]  # fmt: skip
        self._canvas.shape(lower, lips)
        upper = mirrored([(0, y - 3), (8, y - 7), (20, y - 6), (width, y - 7), (14, y + 2), (0, y + 4)])
        self._canvas.shape(upper, mix(lips, self._crease, 0.25))
        smile: list[XY] = [(-width - 4, y - 10), (-17, y + 1), (0, y + 4), (17, y + 1), (width + 4, y - 10)]
        self._canvas.line(smile, 3, self._crease, taper=True)
        if self._look.moustache:
            half: list[XY] = [(0, y - 19), (14, y - 20), (30, y - 12), (38, y - 1), (22, y - 7), (0, y - 9)]
            self._canvas.shape(mirrored(half), mix(self._look.hair_colour, self._look.skin, 0.1))

    def _lines_of_age(self) -> None:
        y = self._eye_y
        weight = 0.55 if self._look.age >= 70 else 0.4
        for side in (-1, 1):
            lines: list[list[XY]] = [
                [(side * 26, y + 54), (side * 41, y + 68), (side * 46, y + 84)],
                [(side * 25, y + 17), (side * 42, y + 22), (side * 60, y + 16)],
                [(side * 70, y - 2), (side * 83, y - 6)],
                [(side * 70, y + 7), (side * 83, y + 12)],
            ]
            for line in lines:
                self._canvas.line(line, 2.4, self._crease, taper=True, opacity=weight)
        if self._look.age >= 70:
            for top in (176, 190):
                self._canvas.line(
                    [(-36, top + 2), (0, top - 2), (36, top + 2)], 2.4, self._crease, taper=True, opacity=0.35
                )

    def _glasses(self) -> None:
        y = self._eye_y + 2
        corners = ((-32, -4), (-22, -23), (0, -26), (24, -22), (33, -2), (24, 22), (0, 27), (-24, 20))
        for side in (-1, 1):
            rim: list[XY] = [(side * (42 + dx), y + dy) for dx, dy in corners]
            self._canvas.shape(rim, _WHITE, opacity=0.16)
            self._canvas.line([*rim, rim[0]], 4, _FRAME)
            self._canvas.line([(side * 75, y - 6), (side * 95, y - 8)], 4.5, _FRAME)
        self._canvas.line([(-11, y - 6), (0, y - 10), (11, y - 6)], 4, _FRAME)

    def _hair_behind(self) -> None:
        colour = mix(self._look.hair_colour, (0, 0, 0), 0.25)
        if self._look.hair is Hair.BUN:
            self._canvas.ellipse((0, 92), (44, 40), colour)
        self._canvas.shape(mirrored(_HAIR_BEHIND.get(self._look.hair, _SHORT_BEHIND)), colour)

    def _hair_in_front(self) -> None:
        colour = self._look.hair_colour
        self._canvas.shape(_HAIR_IN_FRONT[self._look.hair], colour)
        if self._look.hair is Hair.BUN:
            strand = mix(colour, (0, 0, 0), 0.25)
            for side in (-1, 1):
                combed: list[XY] = [(side * 20, 86), (side * 66, 124), (side * 88, 180)]
                self._canvas.line(combed, 3, strand, taper=True, opacity=0.45)
                self._canvas.line(
                    [(side * 8, 84), (side * 44, 112), (side * 70, 146)], 2.4, strand, taper=True, opacity=0.35
                )
        shine = mix(colour, (255, 244, 230), 0.16)
        self._canvas.line([(-68, 122), (-28, 99), (20, 92)], 9, shine, taper=True, opacity=0.8)
        self._canvas.line([(34, 96), (62, 110), (82, 138)], 6, shine, taper=True, opacity=0.6)

    def _clothes(self) -> None:
        top = 418 if self._look.clothing is Clothing.BLOUSE else 404
        wide = 140 if self._child else 168 if self._look.female else 186
        half: list[XY] = [
            (0, 440), (46, top), (80, 430), (wide - 48, 449), (wide - 6, 480), (wide + 16, 540),
            (wide + 16, 640), (0, 660),
        ]  # fmt: skip
        self._canvas.shape(mirrored(half), self._look.cloth_colour)
        match self._look.clothing:
            case Clothing.AO_DAI:
                self._ao_dai()
            case Clothing.SHIRT:
                self._shirt()
            case Clothing.SCHOOL:
                self._shirt()
                self._school_scarf()
            case Clothing.BLOUSE:
                self._blouse()
            case Clothing.POLO:
                self._polo()
            case Clothing.JACKET:
                self._jacket()

    def _seam(self) -> Colour:
        return mix(self._look.cloth_colour, (20, 16, 24), 0.22)

    def _polygon(self, points: list[XY], colour: Colour) -> None:
        self._canvas.shape(points, colour, curved=False)

    def _open_collar(self, depth: float) -> None:
        self._polygon([(-48, 398), (48, 398), (0, depth)], self._look.skin)

    def _ao_dai(self) -> None:
        self._canvas.shape(mirrored([(0, 386), (45, 384), (52, 428), (0, 446)]), self._look.cloth_colour)
        self._canvas.line([(-46, 388), (0, 401), (46, 388)], 5, self._seam(), taper=True)
        self._canvas.line([(0, 402), (30, 436), (84, 470)], 3, self._seam(), opacity=0.8)
        for button in ((8, 412), (27, 433), (52, 452), (78, 467)):
            self._canvas.ellipse(button, (4.2, 4.2), _GOLD)

    def _shirt(self) -> None:
        self._open_collar(466)
        collar = mix(self._look.cloth_colour, _WHITE, 0.35)
        for side in (-1, 1):
            self._polygon([(side * 50, 392), (side * 58, 418), (side * 30, 472), (0, 462), (side * 30, 428)], collar)
            self._canvas.line([(side * 4, 462), (side * 30, 472), (side * 58, 420)], 2.4, self._seam(), opacity=0.7)
        self._canvas.line([(0, 462), (0, 540)], 2.4, self._seam(), opacity=0.7)
        for y in (488, 516):
            self._canvas.ellipse((7, y), (3.6, 3.6), self._seam())

    def _school_scarf(self) -> None:
        for side in (-1, 1):
            self._polygon([(side * 52, 404), (side * 60, 424), (side * 4, 470), (0, 448)], _SCARF)
            self._polygon([(0, 458), (side * 8, 464), (side * 34, 535), (side * 8, 525)], _SCARF_SHADE)
        self._canvas.ellipse((0, 460), (13, 11), mix(_SCARF, _SCARF_SHADE, 0.5))

    def _blouse(self) -> None:
        self._canvas.shape(mirrored([(0, 410), (52, 412), (44, 448), (0, 470)]), self._look.skin)
        piping = mix(self._look.cloth_colour, _WHITE, 0.75)
        self._canvas.line([(-58, 414), (-44, 450), (0, 473), (44, 450), (58, 414)], 8, piping)

    def _polo(self) -> None:
        self._open_collar(460)
        for side in (-1, 1):
            flap: list[XY] = [(side * 48, 396), (side * 62, 424), (side * 34, 462), (0, 456), (side * 26, 430)]
            self._polygon(flap, self._seam())
        self._canvas.line([(0, 456), (0, 500)], 12, self._seam())
        for y in (472, 490):
            self._canvas.ellipse((0, y), (2.8, 2.8), mix(self._look.cloth_colour, _WHITE, 0.75))

    def _jacket(self) -> None:
        self._polygon([(-50, 404), (50, 404), (30, 560), (-30, 560)], _WHITE)
        self._open_collar(456)
        for side in (-1, 1):
            collar: list[XY] = [(side * 51, 394), (side * 56, 420), (side * 24, 464), (0, 452), (side * 28, 428)]
            self._polygon(collar, _SHIRT_COLLAR)
            lapel: list[XY] = [
                (side * 50, 410), (side * 88, 436), (side * 70, 478), (side * 14, 560), (side * 8, 560),
                (side * 34, 470),
            ]  # fmt: skip
            self._polygon(lapel, self._seam())
