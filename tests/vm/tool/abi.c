// SPDX-License-Identifier: GPL-2.0-or-later
/* Compiles only if what src/ declares is what the kernel's own headers do. */
#include <stddef.h>

#include <linux/liveupdate.h>
#include <linux/vfio.h>

#include "../../../src/liveupdate.h"
#include "../../../src/vfio.h"

#define SAME(a, b) _Static_assert((a) == (b), #a " is not " #b)
#define SAME_SIZE(ours, theirs) SAME(sizeof(struct ours), sizeof(struct theirs))
#define SAME_MEMBER(ours, theirs, member)                                      \
	SAME(offsetof(struct ours, member), offsetof(struct theirs, member));  \
	SAME(sizeof(((struct ours *)0)->member), sizeof(((struct theirs *)0)->member))

SAME(LUO_NAME_SIZE, LIVEUPDATE_SESSION_NAME_LENGTH);
SAME(LUO_IOCTL_CREATE_SESSION, LIVEUPDATE_IOCTL_CREATE_SESSION);
SAME(LUO_IOCTL_RETRIEVE_SESSION, LIVEUPDATE_IOCTL_RETRIEVE_SESSION);
SAME(LUO_IOCTL_PRESERVE_FD, LIVEUPDATE_SESSION_PRESERVE_FD);
SAME(LUO_IOCTL_RETRIEVE_FD, LIVEUPDATE_SESSION_RETRIEVE_FD);
SAME(LUO_IOCTL_FINISH, LIVEUPDATE_SESSION_FINISH);
SAME(LUO_IOCTL_GET_NAME, LIVEUPDATE_SESSION_GET_NAME);

SAME_SIZE(luo_session_arg, liveupdate_ioctl_create_session);
SAME_MEMBER(luo_session_arg, liveupdate_ioctl_create_session, size);
SAME_MEMBER(luo_session_arg, liveupdate_ioctl_create_session, fd);
SAME_MEMBER(luo_session_arg, liveupdate_ioctl_create_session, name);
SAME_SIZE(luo_session_arg, liveupdate_ioctl_retrieve_session);
SAME_MEMBER(luo_session_arg, liveupdate_ioctl_retrieve_session, size);
SAME_MEMBER(luo_session_arg, liveupdate_ioctl_retrieve_session, fd);
SAME_MEMBER(luo_session_arg, liveupdate_ioctl_retrieve_session, name);
SAME_SIZE(luo_fd_arg, liveupdate_session_preserve_fd);
SAME_MEMBER(luo_fd_arg, liveupdate_session_preserve_fd, size);
SAME_MEMBER(luo_fd_arg, liveupdate_session_preserve_fd, fd);
SAME_MEMBER(luo_fd_arg, liveupdate_session_preserve_fd, token);
SAME_SIZE(luo_fd_arg, liveupdate_session_retrieve_fd);
SAME_MEMBER(luo_fd_arg, liveupdate_session_retrieve_fd, size);
SAME_MEMBER(luo_fd_arg, liveupdate_session_retrieve_fd, fd);
SAME_MEMBER(luo_fd_arg, liveupdate_session_retrieve_fd, token);
SAME_SIZE(luo_finish_arg, liveupdate_session_finish);
SAME_MEMBER(luo_finish_arg, liveupdate_session_finish, size);
SAME_MEMBER(luo_finish_arg, liveupdate_session_finish, reserved);
SAME_SIZE(luo_name_arg, liveupdate_session_get_name);
SAME_MEMBER(luo_name_arg, liveupdate_session_get_name, size);
SAME_MEMBER(luo_name_arg, liveupdate_session_get_name, reserved);
SAME_MEMBER(luo_name_arg, liveupdate_session_get_name, name);

SAME(VFIO_IOCTL_BIND_IOMMUFD, VFIO_DEVICE_BIND_IOMMUFD);
SAME(VFIO_IOCTL_GET_INFO, VFIO_DEVICE_GET_INFO);
SAME_MEMBER(vfio_bind_arg, vfio_device_bind_iommufd, argsz);
SAME_MEMBER(vfio_bind_arg, vfio_device_bind_iommufd, flags);
SAME_MEMBER(vfio_bind_arg, vfio_device_bind_iommufd, iommufd);
SAME_MEMBER(vfio_bind_arg, vfio_device_bind_iommufd, out_devid);
SAME(sizeof(struct vfio_bind_arg), offsetof(struct vfio_device_bind_iommufd, out_devid) + 4);
SAME_MEMBER(vfio_info_arg, vfio_device_info, argsz);
SAME_MEMBER(vfio_info_arg, vfio_device_info, flags);
SAME_MEMBER(vfio_info_arg, vfio_device_info, num_regions);
SAME_MEMBER(vfio_info_arg, vfio_device_info, num_irqs);
SAME(VFIO_IOCTL_SET_IRQS, VFIO_DEVICE_SET_IRQS);
SAME(VFIO_IRQS_NO_DATA, VFIO_IRQ_SET_DATA_NONE);
SAME(VFIO_IRQS_TRIGGER, VFIO_IRQ_SET_ACTION_TRIGGER);
SAME(VFIO_IRQS_LAST, VFIO_PCI_MSIX_IRQ_INDEX);
SAME_SIZE(vfio_irqs_arg, vfio_irq_set);
SAME_MEMBER(vfio_irqs_arg, vfio_irq_set, argsz);
SAME_MEMBER(vfio_irqs_arg, vfio_irq_set, flags);
SAME_MEMBER(vfio_irqs_arg, vfio_irq_set, index);
SAME_MEMBER(vfio_irqs_arg, vfio_irq_set, start);
SAME_MEMBER(vfio_irqs_arg, vfio_irq_set, count);
