// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hands of the tests in the guest: does the operations named, in order,
 * and prints for each "OPERATION ok [RESULT]" or "OPERATION ERRNO".
 * Exit status 0 when all were ok, 1 when one was not, 2 for wrong usage.
 *
 * On the current descriptor:
 *   fd:N  open:PATH  group:PATH,ADDRESS  memfd:TEXT  iommufd   make it current
 *   fill:NAME,MIB   a memfd of that name, with random content;  huge:NAME  one on huge pages
 *   bind          to an iommufd of this process
 *   token         of a physical function: set one;  bind-vf: of a virtual function, with it
 *   config        vendor:device, read through the config region
 *   command       the PCI command register;  master: set bus master and memory
 *   edu:N         QEMU's edu device: identification and N!, through a mapping of BAR 0
 *   msi, intx     enable an interrupt;  irq-off: disable both
 *   d3, d0        its power state
 *   zap           is BAR 0 taken away when decoding of memory is turned off?
 *   page          a register of BAR 0 through a mapping that stays, and how many page faults that took
 *   reset  bound  text (content of a memfd)  link (where /proc shows it leads)
 *   hot-reset     of all devices on its bus, which are bound to the same iommufd
 *   same          is it the same open file as the one before?
 *   close         it;  drop: all descriptors but the session
 *   poll          begin to read configuration and BAR 0 all the time;  hot-resets: to do those
 *   polled        end it: what came of it, each outcome once
 * Live update:
 *   create:NAME  retrieve:NAME    a session, through /dev/liveupdate
 *   preserve:TOKEN  get:TOKEN     the current descriptor in, out
 *   finish  name  end             end closes the session
 *   rounds:N      preserve the current descriptor in N sessions, one after the other
 *   session       make the session's descriptor the current one;  adopt: the other way round
 * The service manager's descriptor store:
 *   store:NAME    the current descriptor, and wait until it has it;  unstore:NAME
 *   stored:NAME   what came from there by that name is the current descriptor
 * The process:
 *   listen        LISTEN_FDS and LISTEN_FDNAMES, and whether LISTEN_PID is us
 *   connect:SOCKET  touch:PATH  sleep:SECONDS  wait (until standard input ends)
 *   limit:N       of open files
 *   run:COMMAND     by the shell, prints its status
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <linux/kcmp.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "liveupdate.h"
#include "vfio.h"

struct probe {
	int fd;
	int before; /* fd, before it became another */
	int poller; /* the process of poll, and where it writes what came of it */
	int outcomes;
	volatile uint32_t *page; /* of the operation of that name */
	int iommufd;
	int session;
	char result[512];
};

static int errno_of(long rc)
{
	return rc < 0 ? -errno : (int)rc;
}

static int take(struct probe *probe, int fd)
{
	if (fd < 0)
		return fd;
	probe->before = probe->fd;
	probe->fd = fd;
	return 0;
}

static int op_fd(struct probe *probe, const char *arg)
{
	return take(probe, atoi(arg));
}

static int op_open(struct probe *probe, const char *arg)
{
	return take(probe, errno_of(open(arg, O_RDWR | O_CLOEXEC)));
}

static int op_iommufd(struct probe *probe, const char *arg)
{
	(void)arg;
	return take(probe, vfio_open_iommufd());
}

/* The way before character devices: container, group, device by name. */
static int op_group(struct probe *probe, const char *arg)
{
	const char *comma = strchr(arg, ',');
	char path[128];
	int group, container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);

	if (!comma || container < 0)
		return comma ? -errno : -EINVAL;
	snprintf(path, sizeof(path), "%.*s", (int)(comma - arg), arg);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0 ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		return -errno;
	return take(probe, errno_of(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, comma + 1)));
}

static int op_memfd(struct probe *probe, const char *arg)
{
	int fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && write(fd, arg, strlen(arg)) < 0)
		return -errno;
	return take(probe, errno_of(fd));
}

static int op_fill(struct probe *probe, const char *arg)
{
	const char *comma = strchr(arg, ',');
	char name[256], block[256];
	int fd, i;

	if (!comma)
		return -EINVAL;
	snprintf(name, sizeof(name), "%.*s", (int)(comma - arg), arg);
	fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	for (i = 0; fd >= 0 && i < atoi(comma + 1) * 4096; i++)
		if (getentropy(block, sizeof(block)) < 0 ||
		    write(fd, block, sizeof(block)) != sizeof(block))
			return -EIO;
	return take(probe, errno_of(fd));
}

static int op_huge(struct probe *probe, const char *arg)
{
	int fd = memfd_create(arg, MFD_CLOEXEC | MFD_HUGETLB);

	if (fd >= 0 && ftruncate(fd, 2 << 20) < 0)
		return -errno;
	return take(probe, errno_of(fd));
}

static int op_text(struct probe *probe, const char *arg)
{
	ssize_t n = pread(probe->fd, probe->result, sizeof(probe->result) - 1, 0);

	(void)arg;
	if (n >= 0)
		probe->result[n] = '\0';
	return n < 0 ? -errno : 0;
}

static int op_link(struct probe *probe, const char *arg)
{
	char path[64];
	ssize_t n;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", probe->fd);
	n = readlink(path, probe->result, sizeof(probe->result) - 1);
	if (n >= 0)
		probe->result[n] = '\0';
	return n < 0 ? -errno : 0;
}

static int op_bind(struct probe *probe, const char *arg)
{
	(void)arg;
	if (probe->iommufd < 0)
		probe->iommufd = vfio_open_iommufd();
	return probe->iommufd < 0 ? probe->iommufd : vfio_bind(probe->fd, probe->iommufd);
}

static const char vf_token[16] = "vfio-luctl-probe";

static int op_token(struct probe *probe, const char *arg)
{
	char space[sizeof(struct vfio_device_feature) + sizeof(vf_token)];
	struct vfio_device_feature *feature = (struct vfio_device_feature *)space;

	(void)arg;
	feature->argsz = sizeof(space);
	feature->flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN;
	memcpy(feature->data, vf_token, sizeof(vf_token));
	return errno_of(ioctl(probe->fd, VFIO_DEVICE_FEATURE, feature));
}

/* vfio_device_bind_iommufd with all that 7.3 has, and VFIO_DEVICE_BIND_FLAG_TOKEN */
static int op_bind_vf(struct probe *probe, const char *arg)
{
	struct {
		struct vfio_bind_arg first;
		uint64_t token_uuid_ptr;
	} bind = { { sizeof(bind), 1, vfio_open_iommufd(), 0 }, (uintptr_t)vf_token };

	(void)arg;
	return errno_of(ioctl(probe->fd, VFIO_IOCTL_BIND_IOMMUFD, &bind));
}

static int op_bound(struct probe *probe, const char *arg)
{
	(void)arg;
	snprintf(probe->result, sizeof(probe->result), "%s", vfio_is_bound(probe->fd) ? "yes" : "no");
	return 0;
}

static int op_close(struct probe *probe, const char *arg)
{
	int rc = errno_of(close(probe->fd));

	(void)arg;
	probe->fd = -1;
	return rc;
}

static int op_same(struct probe *probe, const char *arg)
{
	long order = syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, probe->before, probe->fd);

	(void)arg;
	snprintf(probe->result, sizeof(probe->result), "%s", order == 0 ? "yes" : "no");
	return errno_of(order) < 0 ? -errno : 0;
}

static int op_drop(struct probe *probe, const char *arg)
{
	unsigned int session = (unsigned int)probe->session;

	(void)arg;
	probe->fd = probe->iommufd = -1;
	return session < 4 ? errno_of(close_range(session + 1, ~0U, 0)) :
	       errno_of(close_range(3, session - 1, 0) ?: close_range(session + 1, ~0U, 0));
}

static int region(struct probe *probe, unsigned int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return errno_of(ioctl(probe->fd, VFIO_DEVICE_GET_REGION_INFO, info));
}

static int read_config(struct probe *probe, off_t offset, void *data, size_t size)
{
	struct vfio_region_info info;
	int rc = region(probe, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (rc < 0)
		return rc;
	rc = errno_of(pread(probe->fd, data, size, (off_t)info.offset + offset));
	return rc < 0 ? rc : 0;
}

static int op_config(struct probe *probe, const char *arg)
{
	uint16_t ids[2] = { 0 };
	int rc = read_config(probe, 0, ids, sizeof(ids));

	(void)arg;
	snprintf(probe->result, sizeof(probe->result), "%04x:%04x", ids[0], ids[1]);
	return rc;
}

static int op_command(struct probe *probe, const char *arg)
{
	uint16_t command = 0;
	int rc = read_config(probe, 4, &command, sizeof(command));

	(void)arg;
	snprintf(probe->result, sizeof(probe->result), "%04x", command);
	return rc;
}

static int write_config(struct probe *probe, off_t offset, uint16_t value)
{
	struct vfio_region_info info;
	int rc = region(probe, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (rc < 0)
		return rc;
	rc = errno_of(pwrite(probe->fd, &value, sizeof(value), (off_t)info.offset + offset));
	return rc < 0 ? rc : 0;
}

static int op_master(struct probe *probe, const char *arg)
{
	(void)arg;
	return write_config(probe, PCI_COMMAND, PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY);
}

static int set_power_state(struct probe *probe, uint16_t state)
{
	uint8_t at = 0, id = 0;
	uint16_t now = 0;
	int rc = read_config(probe, PCI_CAPABILITY_LIST, &at, 1);

	while (rc == 0 && at) {
		rc = read_config(probe, at, &id, 1);
		if (rc == 0 && id == PCI_CAP_ID_PM)
			break;
		rc = rc ?: read_config(probe, at + 1, &at, 1);
	}
	if (rc < 0 || !at)
		return rc ?: -ENOTTY;
	rc = write_config(probe, at + PCI_PM_CTRL, state) ?:
	     read_config(probe, at + PCI_PM_CTRL, &now, sizeof(now));
	snprintf(probe->result, sizeof(probe->result), "%d", now & PCI_PM_CTRL_STATE_MASK);
	return rc;
}

static int op_d3(struct probe *probe, const char *arg)
{
	(void)arg;
	return set_power_state(probe, 3);
}

static int op_d0(struct probe *probe, const char *arg)
{
	(void)arg;
	return set_power_state(probe, 0);
}

/* The registers of BAR 0, of which the tests need the first page */
static int map_bar(struct probe *probe, volatile uint32_t **bar)
{
	struct vfio_region_info info;
	int rc = op_master(probe, NULL);

	if (rc == 0)
		rc = region(probe, VFIO_PCI_BAR0_REGION_INDEX, &info);
	if (rc < 0)
		return rc;
	*bar = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, probe->fd, (off_t)info.offset);
	return *bar == MAP_FAILED ? -errno : 0;
}

static void unmap_bar(volatile uint32_t *bar)
{
	munmap((void *)bar, 4096);
}

/* docs/specs/edu.rst of QEMU: identification at 0, factorial at 8, status at 0x20 */
static int op_edu(struct probe *probe, const char *arg)
{
	volatile uint32_t *bar;
	int rc = map_bar(probe, &bar);

	if (rc < 0)
		return rc;
	bar[2] = (uint32_t)atoi(arg);
	for (rc = 0; bar[8] & 1 && rc < 5000; rc++)
		usleep(1000);
	snprintf(probe->result, sizeof(probe->result), "%08x %u", bar[0], bar[2]);
	unmap_bar(bar);
	return rc < 5000 ? 0 : -ETIMEDOUT;
}

static sigjmp_buf faulted;

static void on_fault(int number)
{
	siglongjmp(faulted, number);
}

/* What reading a register gives: its value, or "SIGBUS" */
static void read_register(volatile uint32_t *bar, char *result, size_t size)
{
	struct sigaction old, catch = { .sa_handler = on_fault };

	sigaction(SIGBUS, &catch, &old);
	if (sigsetjmp(faulted, 1) == 0)
		snprintf(result, size, "%08x", *bar);
	else
		snprintf(result, size, "SIGBUS");
	sigaction(SIGBUS, &old, NULL);
}

static int op_zap(struct probe *probe, const char *arg)
{
	char without[16], with[16];
	volatile uint32_t *bar;
	int rc = map_bar(probe, &bar);

	(void)arg;
	if (rc < 0)
		return rc;
	read_register(bar, with, sizeof(with));
	rc = write_config(probe, PCI_COMMAND, 0);
	read_register(bar, without, sizeof(without));
	rc = rc ?: op_master(probe, NULL);
	snprintf(probe->result, sizeof(probe->result), "%s %s ", with, without);
	read_register(bar, with, sizeof(with));
	strcat(probe->result, with);
	unmap_bar(bar);
	return rc;
}

static int op_page(struct probe *probe, const char *arg)
{
	struct rusage before, after;
	uint32_t value;
	int rc = probe->page ? 0 : map_bar(probe, &probe->page);

	(void)arg;
	if (rc < 0)
		return rc;
	/* What it takes besides has been touched when the numbers are read */
	getrusage(RUSAGE_SELF, &after);
	getrusage(RUSAGE_SELF, &before);
	value = *probe->page;
	getrusage(RUSAGE_SELF, &after);
	snprintf(probe->result, sizeof(probe->result), "%08x %ld", value, after.ru_minflt - before.ru_minflt);
	return 0;
}

static int op_hot_reset(struct probe *probe, const char *arg)
{
	/* No groups: those that belong to the iommufd */
	struct vfio_pci_hot_reset reset = { .argsz = sizeof(reset) };

	(void)arg;
	return errno_of(ioctl(probe->fd, VFIO_DEVICE_PCI_HOT_RESET, &reset));
}

/* Note what came of it, unless that has come of it before. */
static void note(char *outcomes, const char *what, const char *outcome)
{
	char words[32];

	snprintf(words, sizeof(words), " %s:%.15s", what, outcome);
	if (!strstr(outcomes, words))
		strcat(outcomes, words);
}

static volatile sig_atomic_t ended;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static void read_both(struct probe *probe, volatile uint32_t *bar, char *outcomes)
{
	char value[16];
	int rc;

	read_register(bar, value, sizeof(value));
	note(outcomes, "bar", value);
	rc = op_config(probe, NULL);
	note(outcomes, "config", rc < 0 ? strerrorname_np(-rc) : probe->result);
}

static void reset_all(struct probe *probe, volatile uint32_t *bar, char *outcomes)
{
	int rc = op_hot_reset(probe, NULL);

	(void)bar;
	note(outcomes, "hot-reset", rc < 0 ? strerrorname_np(-rc) : "ok");
}

/* There are few outcomes if all is well; the first 400 bytes will do if it is not. */
static int begin(struct probe *probe, volatile uint32_t *bar,
		 void (*look)(struct probe *probe, volatile uint32_t *bar, char *outcomes))
{
	char outcomes[512] = "";
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	probe->poller = fork();
	if (probe->poller == 0) {
		signal(SIGTERM, on_end);
		while (!ended && strlen(outcomes) < 400)
			look(probe, bar, outcomes);
		_exit(write(ends[1], outcomes + 1, strlen(outcomes)) < 0);
	}
	close(ends[1]);
	probe->outcomes = ends[0];
	return errno_of(probe->poller) < 0 ? -errno : 0;
}

static int op_poll(struct probe *probe, const char *arg)
{
	volatile uint32_t *bar;
	int rc = map_bar(probe, &bar);

	(void)arg;
	if (rc < 0)
		return rc;
	rc = begin(probe, bar, read_both);
	unmap_bar(bar);
	return rc;
}

static int op_hot_resets(struct probe *probe, const char *arg)
{
	(void)arg;
	return begin(probe, NULL, reset_all);
}

static int op_polled(struct probe *probe, const char *arg)
{
	ssize_t n;

	(void)arg;
	kill(probe->poller, SIGTERM);
	n = read(probe->outcomes, probe->result, sizeof(probe->result) - 1);
	probe->result[n < 0 ? 0 : n] = '\0';
	close(probe->outcomes);
	return waitpid(probe->poller, NULL, 0) < 0 || n <= 0 ? -ECHILD : 0;
}

static int set_irq(struct probe *probe, unsigned int index, bool on)
{
	char space[sizeof(struct vfio_irq_set) + sizeof(int)] = "";
	struct vfio_irq_set *set = (struct vfio_irq_set *)space;
	int event = eventfd(0, EFD_CLOEXEC);

	set->argsz = on ? sizeof(space) : sizeof(*set);
	set->flags = VFIO_IRQ_SET_ACTION_TRIGGER |
		     (on ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE);
	set->index = index;
	set->count = on;
	memcpy(set->data, &event, sizeof(event));
	return errno_of(ioctl(probe->fd, VFIO_DEVICE_SET_IRQS, set));
}

static int op_msi(struct probe *probe, const char *arg)
{
	(void)arg;
	return set_irq(probe, VFIO_PCI_MSI_IRQ_INDEX, true);
}

static int op_intx(struct probe *probe, const char *arg)
{
	(void)arg;
	return set_irq(probe, VFIO_PCI_INTX_IRQ_INDEX, true);
}

static int op_irq_off(struct probe *probe, const char *arg)
{
	int rc = set_irq(probe, VFIO_PCI_MSI_IRQ_INDEX, false);

	(void)arg;
	return set_irq(probe, VFIO_PCI_INTX_IRQ_INDEX, false) == 0 ? 0 : rc;
}

static int op_reset(struct probe *probe, const char *arg)
{
	(void)arg;
	return errno_of(ioctl(probe->fd, VFIO_DEVICE_RESET));
}

static int open_session(struct probe *probe, const char *name, int (*get)(int, const char *))
{
	int device = open(LUO_DEVICE_PATH, O_RDWR | O_CLOEXEC), rc;

	if (device < 0)
		return -errno;
	rc = get(device, name);
	close(device);
	if (rc >= 0)
		probe->session = rc;
	return rc < 0 ? rc : 0;
}

static int op_create(struct probe *probe, const char *arg)
{
	return open_session(probe, arg, luo_create_session);
}

static int op_retrieve(struct probe *probe, const char *arg)
{
	return open_session(probe, arg, luo_retrieve_session);
}

static int op_preserve(struct probe *probe, const char *arg)
{
	return luo_preserve_fd(probe->session, probe->fd, strtoull(arg, NULL, 0));
}

static int op_get(struct probe *probe, const char *arg)
{
	return take(probe, luo_retrieve_fd(probe->session, strtoull(arg, NULL, 0)));
}

static int op_finish(struct probe *probe, const char *arg)
{
	(void)arg;
	return luo_finish(probe->session);
}

static int op_name(struct probe *probe, const char *arg)
{
	(void)arg;
	return luo_get_name(probe->session, probe->result);
}

static int op_end(struct probe *probe, const char *arg)
{
	int rc = errno_of(close(probe->session));

	(void)arg;
	probe->session = -1;
	return rc;
}

static int op_session(struct probe *probe, const char *arg)
{
	(void)arg;
	return probe->session < 0 ? -EBADF : take(probe, probe->session);
}

static int op_adopt(struct probe *probe, const char *arg)
{
	(void)arg;
	probe->session = probe->fd;
	return 0;
}

static int op_rounds(struct probe *probe, const char *arg)
{
	int n = atoi(arg), rc = 0;

	while (rc == 0 && n-- > 0)
		rc = op_create(probe, "rounds") ?: op_preserve(probe, "1") ?: op_end(probe, NULL);
	return rc;
}

static int op_limit(struct probe *probe, const char *arg)
{
	struct rlimit limit;

	(void)probe;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)atoi(arg);
	return errno_of(setrlimit(RLIMIT_NOFILE, &limit));
}

static int op_listen(struct probe *probe, const char *arg)
{
	const char *fds = getenv("LISTEN_FDS"), *names = getenv("LISTEN_FDNAMES");
	const char *pid = getenv("LISTEN_PID");

	(void)arg;
	snprintf(probe->result, sizeof(probe->result), "%s %s %s", fds ? fds : "-",
		 names ? names : "-", pid && atoi(pid) == getpid() ? "us" : "not-us");
	return 0;
}

/* sd_notify(3): one message, and a descriptor when there is one */
static int notify(const char *text, int fd)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct iovec iov = { (char *)text, strlen(text) };
	struct msghdr message = { .msg_name = &address, .msg_namelen = sizeof(address),
				  .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header = (struct cmsghdr *)control;
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long rc;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path ? path : "");
	if (fd >= 0) {
		*header = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
	}
	rc = errno_of(sendmsg(sock, &message, MSG_NOSIGNAL));
	close(sock);
	return rc < 0 ? (int)rc : 0;
}

/* The other end of the pipe is closed when all that was sent before has been handled. */
static int barrier(void)
{
	int ends[2], rc;
	char byte;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	rc = notify("BARRIER=1", ends[1]);
	close(ends[1]);
	while (rc == 0 && read(ends[0], &byte, 1) > 0)
		;
	close(ends[0]);
	return rc;
}

static int op_store(struct probe *probe, const char *arg)
{
	char text[300];

	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", arg);
	return notify(text, probe->fd) ?: barrier();
}

static int op_unstore(struct probe *probe, const char *arg)
{
	char text[300];

	(void)probe;
	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", arg);
	return notify(text, -1) ?: barrier();
}

static int op_stored(struct probe *probe, const char *arg)
{
	const char *names = getenv("LISTEN_FDNAMES") ?: "";
	int fd = 3;

	while (*names) {
		size_t length = strcspn(names, ":");

		if (length == strlen(arg) && !strncmp(names, arg, length))
			return take(probe, fd);
		names += length + (names[length] == ':');
		fd++;
	}
	return -ENOENT;
}

static int op_touch(struct probe *probe, const char *arg)
{
	int fd = open(arg, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	(void)probe;
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int op_connect(struct probe *probe, const char *arg)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", arg);
	if (sock < 0 || connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return take(probe, sock);
}

static int op_sleep(struct probe *probe, const char *arg)
{
	(void)probe;
	sleep((unsigned int)atoi(arg));
	return 0;
}

/* A shell command; its status is the result, and it inherits no descriptor. */
static int op_run(struct probe *probe, const char *arg)
{
	int status = system(arg);

	snprintf(probe->result, sizeof(probe->result), "%d",
		 WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 0;
}

static int op_wait(struct probe *probe, const char *arg)
{
	char byte;

	(void)probe, (void)arg;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

static const struct {
	const char *name;
	bool takes;
	int (*run)(struct probe *probe, const char *arg);
} operations[] = {
	{ "fd", true, op_fd }, { "open", true, op_open }, { "group", true, op_group },
	{ "memfd", true, op_memfd }, { "fill", true, op_fill }, { "huge", true, op_huge }, { "iommufd", false, op_iommufd }, { "bind", false, op_bind },
	{ "token", false, op_token }, { "bind-vf", false, op_bind_vf },
	{ "bound", false, op_bound }, { "config", false, op_config },
	{ "command", false, op_command }, { "master", false, op_master }, { "edu", true, op_edu },
	{ "msi", false, op_msi }, { "intx", false, op_intx }, { "irq-off", false, op_irq_off },
	{ "d3", false, op_d3 }, { "d0", false, op_d0 }, { "zap", false, op_zap },
	{ "page", false, op_page }, { "hot-reset", false, op_hot_reset }, { "hot-resets", false, op_hot_resets },
	{ "reset", false, op_reset }, { "text", false, op_text }, { "link", false, op_link },
	{ "same", false, op_same }, { "close", false, op_close }, { "drop", false, op_drop },
	{ "poll", false, op_poll }, { "polled", false, op_polled }, { "create", true, op_create },
	{ "retrieve", true, op_retrieve }, { "preserve", true, op_preserve },
	{ "get", true, op_get }, { "finish", false, op_finish }, { "name", false, op_name },
	{ "end", false, op_end }, { "session", false, op_session }, { "adopt", false, op_adopt },
	{ "rounds", true, op_rounds }, { "limit", true, op_limit }, { "listen", false, op_listen },
	{ "store", true, op_store }, { "unstore", true, op_unstore },
	{ "stored", true, op_stored }, { "touch", true, op_touch },
	{ "connect", true, op_connect }, { "run", true, op_run },
	{ "sleep", true, op_sleep }, { "wait", false, op_wait },
};

/* The result of one operation, 2 when there is none of that name. */
static int run(struct probe *probe, const char *word)
{
	size_t length = strcspn(word, ":"), i;
	int rc;

	for (i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		if (strlen(operations[i].name) != length ||
		    strncmp(operations[i].name, word, length) ||
		    operations[i].takes != (word[length] == ':'))
			continue;
		probe->result[0] = '\0';
		rc = operations[i].run(probe, operations[i].takes ? word + length + 1 : NULL);
		if (rc < 0)
			printf("%s %s\n", operations[i].name, strerrorname_np(-rc));
		else
			printf("%s ok%s%s\n", operations[i].name, probe->result[0] ? " " : "", probe->result);
		fflush(stdout);
		return rc < 0;
	}
	fprintf(stderr, "probe: no such operation: %s\n", word);
	return 2;
}

int main(int argc, char **argv)
{
	struct probe probe = { .fd = -1, .before = -1, .outcomes = -1, .iommufd = -1, .session = -1 };
	int i, rc, worst = 0;

	for (i = 1; i < argc; i++) {
		rc = run(&probe, argv[i]);
		if (rc == 2)
			return 2;
		if (rc)
			worst = rc;
	}
	return worst;
}
