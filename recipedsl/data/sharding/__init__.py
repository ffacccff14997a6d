"""Data nodes by several workers: each works on shards of the rows, and the result is that of one machine.

`make` cuts a node into jobs and puts what comes of them together, `jobs` is what one worker does, `keys`
says of each step what it decides by, and `workers` is what a cluster has to be able to do. Workers share
nothing but files: the folder of the project has to be under one path on all their machines.
"""
