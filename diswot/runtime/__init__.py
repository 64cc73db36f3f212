"""What a computation runs on: processes, cores, threads, memory and devices; free of torch until it is used."""
