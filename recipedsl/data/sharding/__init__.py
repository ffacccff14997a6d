"""Data nodes by several workers: each works on shards of the rows, and the result is that of one machine.

`making` cuts a node into jobs and puts what comes of them together; `jobs` is what one worker does with rows,
`reading` with files, `likeness` to find near duplicates. `files` says where files can be cut, `keys` of each
step what it decides by, `shards` which rows stand where, and `workers` is what a cluster has to be able to
do. Workers share nothing but files: the folder of the project has to be under one path on all machines.
"""
