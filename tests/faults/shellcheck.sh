#!/bin/bash
# One word, or several: SC2086
rm $1
