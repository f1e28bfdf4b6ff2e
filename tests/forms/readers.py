"""Opens filled forms in independent readers and prints, as JSON, what each of them sees.

usage: readers.py FILE BOXES..., each box as page:left:top:width:height in fractions

qpdf (through pikepdf) checks the file, pypdf reads the values, PDFium, the engine of a
browser's viewer, draws the page with its widgets and reads its text.
"""
import json
import sys

import pikepdf
import pypdf
import pypdfium2
import pypdfium2.raw as raw

SCALE = 3


def checked(path):
    with pikepdf.open(path) as pdf:
        return [str(problem) for problem in pdf.check_pdf_syntax()]


def values(path):
    reader = pypdf.PdfReader(path)
    found = {}
    for page in reader.pages:
        for widget in page.get("/Annots", []):
            widget = widget.get_object()
            if widget.get("/Subtype") != "/Widget":
                continue
            field = widget
            while "/T" not in field:
                field = field["/Parent"].get_object()
            value = widget.get("/V", field.get("/V"))
            appearance = widget.get("/AP", {}).get("/N")
            entry = found.setdefault(str(field["/T"]), {"states": []})
            entry["value"] = None if value is None else str(value)
            entry["has_appearance"] = appearance is not None
            entry["states"].append(str(widget.get("/AS")))
    form = reader.trailer["/Root"].get("/AcroForm", {})
    return {"fields": found, "form": sorted(str(key) for key in form)}


def drawn(path, boxes):
    pdf = pypdfium2.PdfDocument(path)
    pdf.init_forms()
    pages = {}
    seen = []
    for box in boxes:
        number, left, top, width, height = (float(part) for part in box.split(":"))
        number = int(number)
        if number not in pages:
            page = pdf[number - 1]
            bitmap = page.render(scale=SCALE, grayscale=True, may_draw_forms=True)
            pages[number] = (bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)
        pixels, columns, rows, stride = pages[number]
        x0, x1 = int(left * columns) + 3, int((left + width) * columns) - 3
        y0, y1 = int(top * rows) + 3, int((top + height) * rows) - 3
        inside = [pixels[y * stride + x] for y in range(y0, y1) for x in range(x0, x1)]
        seen.append(sum(value < 128 for value in inside) / max(1, len(inside)))
    text = []
    for page in pdf:
        raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)
    saved = path + ".flat.pdf"
    pdf.save(saved)
    for page in pypdfium2.PdfDocument(saved):
        text.append(page.get_textpage().get_text_bounded())
    return {"ink": seen, "text": "\n".join(text)}


path, boxes = sys.argv[1], sys.argv[2:]
print(json.dumps({"problems": checked(path), **values(path), **drawn(path, boxes)}))
