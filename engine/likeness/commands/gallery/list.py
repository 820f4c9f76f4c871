"""`likeness gallery list`."""

from likeness.commands.gallery.common import Folder, folder_of, open_gallery, source_of, warn_outdated
from likeness.errors import say_count

MOST_LISTED = 200


def list_(name: str | None = None, *, gallery: Folder = None) -> None:
    """List the faces: number, name, origin, and consent.

    Parameters
    ----------
    name
        Only faces of this name.
    gallery
        Folder of the gallery, by default ~/.likeness/gallery.
    """
    with open_gallery(gallery) as opened:
        records = opened.records(name)
    for record in records[:MOST_LISTED]:
        latent = f"{record.num_ws} x {record.w_dim}" if record.num_ws else "no latent"
        said = f'  "{record.consent}"' if record.consent else ""
        print(f"{record.number:>6}  {record.name:24} {source_of(record):28} {latent:9}  {record.added[:10]}{said}")
    more = f", the first {MOST_LISTED} are listed" if len(records) > MOST_LISTED else ""
    print(f"{say_count(len(records), 'face', 'faces')}{more}, in {folder_of(gallery)}")
    warn_outdated(records)
