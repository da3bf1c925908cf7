#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""uevent_forge.py PORT ADDRESS: what root can send to the port of a listener for uevents,
and to the group of the kernel. Nothing of it comes from the kernel."""
import socket
import sys

port, address = int(sys.argv[1]), sys.argv[2]
path = "/devices/forged/" + address


def message(action, number):
    pieces = (action + "@" + path, "ACTION=" + action, "DEVPATH=" + path, "SUBSYSTEM=pci",
              "DRIVER=vfio-pci", "LIVEUPDATE=outgoing", "SEQNUM=%d" % number)
    return "".join(piece + "\0" for piece in pieces).encode()


sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
sock.bind((0, 0))
for to in ((port, 0), (0, 1)):
    sock.sendto(message("change", 1), to)
    sock.sendto(message("remove", 2), to)
for data in (b"garbage", b"\0" * 100, message("change", 3) + b"X=" + b"x" * 100000 + b"\0"):
    sock.sendto(data, (port, 0))
