"""QR codes: what their text says (`payload`) and how it is found in a picture (`decode`)."""
