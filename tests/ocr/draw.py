"""Draws pages as a scanner would give them, in several formats: draw.py FOLDER.

The font is the one that Pillow carries (Aileron, CC0). Nothing here is random from run to
run.
"""

import random
import sys
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

DPI = 150
LETTER = [
    "Harbour Lights Trading Company",
    "",
    "Invoice number: HL-20417",
    "Date of issue: 14 March 2025",
    "Customer: Weaver and Sons, 12 Mill Lane, Oldbridge",
    "",
    "Please find below the goods that were delivered to your",
    "warehouse last week. Payment is due within thirty days.",
    "",
    "Article|Quantity|Price|Amount",
    "Copper kettle|12|48.50|582.00",
    "Brass lantern|15|19.90|298.50",
    "Canvas bag|30|27.25|817.50",
    "",
    "Total amount due: 1698.00 EUR",
    "Thank you for your business.",
]
SECOND = [
    "Terms of delivery",
    "",
    "Goods remain our property until they are paid in full.",
    "Complaints must reach us within fourteen days.",
]


def page(lines):
    """A page of text, as drawn."""
    image = Image.new("L", (8 * DPI, 10 * DPI), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=26)
    for number, line in enumerate(lines):
        for x, cell in zip((110, 480, 700, 900), line.split("|")):
            draw.text((x, 130 + number * 52), cell, font=font, fill=25)
    return image


def scanned(image, degrees, seed):
    """The page as it comes from a scanner: askew, grainy, on gray paper."""
    image = image.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=255)
    grain = random.Random(seed)
    noise = Image.frombytes("L", image.size, grain.randbytes(image.width * image.height))
    return Image.blend(image, noise, 0.06)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    letter, second = scanned(page(LETTER), 0.7, 1), scanned(page(SECOND), 0, 2)
    letter.save(folder / "letter.png", dpi=(DPI, DPI))
    letter.save(folder / "letter.webp", quality=90)
    exif = Image.Exif()
    exif[274] = 6
    turned = letter.rotate(90, expand=True)
    turned.save(folder / "camera.jpg", quality=90, exif=exif, dpi=(DPI, DPI))
    black = [p.point(lambda v: 255 if v > 128 else 0).convert("1") for p in (letter, second)]
    black[0].save(
        folder / "fax.tiff",
        save_all=True,
        append_images=black[1:],
        compression="group4",
        dpi=(DPI, DPI),
    )
    pdf = {"save_all": True, "append_images": [second], "resolution": DPI}
    letter.save(folder / "letter.pdf", quality=90, **pdf)
    black[0].save(folder / "fax.pdf", resolution=DPI)
    letter.rotate(-90, expand=True).save(folder / "sideways.png", dpi=(DPI, DPI))
    letter.rotate(180, expand=True).save(folder / "overhead.png", dpi=(DPI, DPI))
    letter.save(folder / "letter.jp2", irreversible=True, quality_layers=[40])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
