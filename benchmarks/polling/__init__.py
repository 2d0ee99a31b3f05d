"""A simulated web for comparing when to poll: what is posted (``world``), who asks when (``peers``, ``ours``,
``known``), and what comes of it (``simulation``). Times are hours from Monday 00:00 UTC."""
