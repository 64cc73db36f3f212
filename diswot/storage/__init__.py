"""What stays on disk: files written whole, locks between processes, checkpoints, and the user's folders."""
