"""Audience: visitors who send a photo from their phone, the operator who lets them in, and the films made of them.

It needs the extra `audience` (`extra`), which nothing else here does. In reading order:

- `states`, `tables`, `transitions`: how far a visitor has come; `transitions` alone changes a state, and has the
  conditions on which a picture is handed to anybody. `database` opens SQLite or PostgreSQL, `migrations/` brings it up.
- `night` (settings), `admission` (a visitor comes in), `claim` and `claims` (work and the stage, under a lease),
  `moderation`; `pairs` and `pair_work` (two who came together, and their children).
- `store` (photos and films), `photo_intake` and `photo_decoder` (a stranger's photo, in a process of its own),
  `deletion` (nothing of a visitor stays), `outbox` (mails that wait), `post_office` (sends them).
- `nudity` (sorts the operator's grid), `film_making`, `worker`, `worker_pool`: films, made by processes that may be
  killed at any time; `presence` says that they are there, `priority` lets all of them stand back behind a show.
- `evening`, `texts`, `pages`, `security`, `secret_link`, `closing`, `upload`, `live`, `form_pages`, `visitor_pages`,
  `pair_pages`, `kiosk_pages`, `operator_pages`, `stage_routes` (approved visitors go to a show), `server`; `demo` and
  `phone` for tries.

The server has one event loop; its reads and writes run on threads. A worker has a thread that works, one that renews
the lease, and one that says that it is there. All of them meet in the database alone.
"""
