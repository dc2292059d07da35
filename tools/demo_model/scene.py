"""What a scene is, in numbers that can be mixed.

An *idea* says what is in a picture (a dictionary of words, see captions.py). `look(idea)` turns it into a *look*: nothing
but continuous numbers (colours, amounts, sizes), so that the picture half-way between two ideas is simply
`mix_looks(a, b, 0.5)` drawn with the same layout. A *Layout* holds every random choice of one picture (where things stand,
how tall they are) and never depends on the idea. All its choices are small continuous deviations from fixed places: with
no either-or in the layout, the noise that decides it moves the picture smoothly, and so do the in-betweens of a video.
"""
import numpy as np

KINDS = ("city", "modern", "beautiful", "beautiful modern", "dystopian", "warzone")


def rgb(*colours):
    return np.array(colours, np.float64)


# Per kind of city, in the order of KINDS. Mixed by the look's weights `kind`.
SKY = np.stack([  # top, middle, horizon; brighter along the story: war, dystopia, city, beauty, blue sky
    rgb((128, 142, 154), (158, 170, 176), (196, 198, 194)),
    rgb((134, 150, 162), (166, 178, 186), (202, 208, 208)),
    rgb((168, 154, 178), (210, 184, 180), (252, 222, 190)),
    rgb((160, 160, 184), (200, 190, 194), (248, 226, 204)),
    rgb((104, 100, 92), (138, 126, 106), (176, 156, 120)),
    rgb((84, 70, 68), (122, 92, 80), (176, 124, 90))])
PALETTE = np.stack([
    rgb((196, 176, 150), (172, 120, 98), (150, 152, 158), (128, 140, 158), (204, 192, 170)),
    rgb((76, 146, 176), (64, 112, 172), (126, 156, 178), (206, 222, 230), (84, 98, 150)),
    rgb((246, 186, 178), (250, 214, 160), (240, 170, 140), (196, 184, 232), (250, 236, 214)),
    rgb((90, 186, 214), (116, 150, 230), (236, 244, 250), (120, 214, 206), (190, 170, 240)),
    rgb((92, 90, 88), (76, 78, 80), (104, 96, 84), (84, 76, 70), (112, 106, 96)),
    rgb((88, 76, 70), (70, 64, 64), (104, 86, 74), (80, 70, 60), (62, 54, 54))])
ROOF = rgb((190, 84, 66), (206, 110, 74), (150, 84, 120), (84, 110, 150), (196, 96, 84))
GROUND = np.stack([rgb((100, 102, 108), (84, 86, 92)), rgb((104, 108, 118), (86, 90, 102)), rgb((214, 196, 172), (190, 170, 150)),
                   rgb((206, 202, 204), (176, 172, 182)), rgb((76, 72, 68), (58, 55, 52)), rgb((84, 68, 56), (52, 43, 38))])
WALK = rgb((186, 182, 174), (196, 200, 204), (240, 226, 200), (238, 236, 232), (112, 106, 96), (80, 66, 56))
#                     city modern beautiful b.modern dystopian warzone
FRONT_LOW = np.array([38, 58, 30, 60, 46, 34.])        # heights of the front row, in pixels
FRONT_HIGH = np.array([80, 116, 62, 118, 96, 78.])
WINDOW_W = np.array([.46, .84, .42, .84, .42, .46])     # window size, share of an 8-pixel cell
WINDOW_H = np.array([.54, .60, .66, .60, .46, .62])
GLASS = np.array([.15, .80, .20, .80, .05, 0])          # how much windows mirror the sky
LIT = np.array([.05, .05, .05, .05, .07, .02])          # share of lit windows by day ...
LIT_NIGHT = np.array([.55, .62, .60, .62, .26, .05])    # ... and by night
GABLE = np.array([0, 0, 1, .10, 0, 0])                  # pitched coloured roofs
SLANT = np.array([.1, 1, 0, .9, .1, 0])                 # slanted tops and antennas
CHIMNEY = np.array([0, 0, 0, 0, 1, 0])
RUIN = np.array([0, 0, 0, 0, .10, 1])
ROAD = np.array([1, 1, .15, .15, .8, 0])                # lane marks
SMOKE = np.array([0, 0, 0, 0, .45, .75])

BLUE = rgb((92, 190, 255), (150, 220, 255), (206, 238, 255))
SUNSET = rgb((92, 56, 120), (206, 88, 108), (255, 172, 92))
NIGHT = rgb((8, 10, 34), (20, 28, 72), (46, 56, 104))
LIGHT = {"": (1, 1, 1), "blue": (1.05, 1.05, 1.03), "sunset": (.80, .60, .62), "night": (.36, .39, .56)}
FLAGS = ("zombies", "fire", "trees", "autumn", "snow", "water", "moon", "sun", "mountains", "fog", "flowers", "stars", "cars")


def look(idea):
    """The numbers of an idea: {"kind": ..., "time": "" | blue | sunset | night, "cover": "" | clouds | dark, flag: True ...}."""
    kind = np.zeros(len(KINDS))
    kind[KINDS.index(idea["kind"])] = 1
    time, cover = idea.get("time", ""), idea.get("cover", "")
    grim = kind[4] + kind[5]
    night = float(time == "night")
    sky = {"": np.tensordot(kind, SKY, 1), "blue": BLUE, "sunset": SUNSET, "night": NIGHT}[time].copy()
    if grim and time:
        sky += (rgb((96, 70, 56)) * (.5 if night else 1) - sky) * .18
    light = np.array(LIGHT[time]) * (1 - .14 * grim)
    if cover == "dark":
        overcast = {"": (70, 74, 84), "blue": (70, 74, 84), "sunset": (84, 48, 66), "night": (12, 14, 26)}[time]
        sky += (rgb(overcast) - sky) * np.array([.80, .62, .40])[:, None]
        light = light * (.74, .74, .78)
        cloud = {"": (72, 75, 84), "blue": (72, 75, 84), "sunset": (90, 54, 74), "night": (33, 36, 54)}[time]
    else:
        cloud = {"": (236, 238, 240), "blue": (255, 255, 255), "sunset": (255, 196, 168), "night": (74, 82, 124)}[time]
        if grim and not time:
            cloud = (172, 164, 150)
    cloud = np.array(cloud, float)
    made = {
        "kind": kind, "sky": sky, "light": np.array(light, float), "night": np.array([night]),
        "cover": np.array([{"": 0, "clouds": .55, "dark": 1.}[cover]]),
        "cloud": np.stack([cloud * 1.06, cloud + (sky[1] - cloud) * .42 if cover != "dark" else cloud * .72]).clip(0, 255),
        "lit": np.array([float(kind @ (LIT_NIGHT if night else LIT)) + .2 * (time == "sunset") + .1 * (cover == "dark")]),
        "setting_sun": np.array([float(time == "sunset")]),
        "leaf": np.array((226, 120, 40) if idea.get("autumn") else (64, 160, 62), float),
    }
    for flag in FLAGS:
        made[flag] = np.array([float(bool(idea.get(flag)))])
    made["trees"] = np.maximum(made["trees"], made["autumn"])
    made["stars"] = np.array([night * (cover != "dark")])
    return made


def mix_looks(a, b, weight):
    return {key: a[key] + (b[key] - a[key]) * weight for key in a}


class Layout:
    """Every random choice of one picture; drawn in one fixed order, so that a seed names a layout."""
    FRONT = (32, 40, 32, 40, 32, 40, 48)       # widths of the front row's buildings: multiples of the 8-pixel cell
    BACK = (40, 32, 40, 32, 48, 32, 40)

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        u = lambda *shape: random.uniform(-1, 1, shape)
        self.horizon = 178 + 5 * u()
        self.tint = 5 * u(3) + 4 * u()                          # of the sky
        self.light = 1 + .03 * u()
        self.clouds = u(9, 8)
        self.star = np.concatenate([random.random((34, 2)), random.random((34, 1))], 1)
        self.moon, self.sun, self.dusk = u(3), u(3), u(3)
        self.peaks = u(6, 2)
        self.far = u(2, 16)
        self.front = [Building(random, w) for w in self.FRONT]
        self.back = [Building(random, w) for w in self.BACK]
        self.smoke, self.flames = u(3, 12), u(4, 5)
        self.trees, self.park = u(7, 4), u(3, 4)
        self.zombies = u(5, 9)
        self.rubble, self.debris = u(9, 3), u(12, 4)
        self.waves, self.flowers, self.cars = u(12, 3), u(26, 3), u(2, 3)


class Building:
    def __init__(self, random, width):
        self.width = width
        self.height, self.hue = random.random(), random.random()
        self.gap, self.slant, self.spire, self.roof = random.random(), random.uniform(-1, 1), random.random(), random.random()
        self.jag = random.random(width // 4 + 1)
        self.fall = random.uniform(-1, 1)
        self.lit = random.random((20, width // 8))
        self.shine = random.random((20, width // 8))
        self.hole = random.random((20, width // 8))
        self.shell = random.uniform(-1, 1, 3)


def palette(kind, hue):
    """A colour of the kinds' palettes, going round as hue goes from 0 to 1."""
    at = hue * 5
    i, f = int(at) % 5, at - int(at)
    return np.tensordot(kind, PALETTE[:, i] * (1 - f) + PALETTE[:, (i + 1) % 5] * f, 1)
