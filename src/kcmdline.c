// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of kernels, looked up and compared. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kcmdline.h"

/* One parameter inside a command line. */
struct param {
	const char *start, *name, *value; /* value NULL: none */
	size_t length, name_length, value_length;
};

/* The end of the word at @text: a space outside quotes. */
static const char *word_end(const char *text)
{
	bool quoted = false;

	for (; *text && (quoted || !isspace((unsigned char)*text)); text++)
		if (*text == '"')
			quoted = !quoted;
	return text;
}

/* What is between the quotes, when there are some. */
static void unquote(const char **text, size_t *length)
{
	if (*length && **text == '"') {
		(*text)++;
		(*length)--;
	}
	if (*length && (*text)[*length - 1] == '"')
		(*length)--;
}

/* The next parameter at *@rest, which moves behind it. */
static bool next_param(const char **rest, struct param *param)
{
	const char *end, *equals;

	while (isspace((unsigned char)**rest))
		(*rest)++;
	end = word_end(*rest);
	*param = (struct param){ .start = *rest, .name = *rest, .length = (size_t)(end - *rest) };
	*rest = end;
	if (!param->length || (param->length == 2 && !memcmp(param->start, "--", 2)))
		return false;
	param->name_length = param->length;
	unquote(&param->name, &param->name_length);
	equals = memchr(param->name, '=', param->name_length);
	if (!equals)
		return true;
	param->value = equals + 1;
	param->value_length = param->name_length - (size_t)(param->value - param->name);
	param->name_length = (size_t)(equals - param->name);
	unquote(&param->value, &param->value_length);
	return true;
}

static bool same_byte(char a, char b)
{
	return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

static bool is_named(const struct param *param, const char *name)
{
	size_t i;

	for (i = 0; i < param->name_length; i++)
		if (!name[i] || !same_byte(param->name[i], name[i]))
			return false;
	return !name[i];
}

static void copy_value(const struct param *param, char *value, size_t size)
{
	snprintf(value, size, "%.*s", (int)param->value_length, param->value ? param->value : "");
}

bool kcmdline_get(const char *cmdline, const char *name, char *value, size_t size)
{
	struct param param;
	bool found = false;

	value[0] = '\0';
	while (next_param(&cmdline, &param)) {
		if (!is_named(&param, name))
			continue;
		copy_value(&param, value, size);
		found = true;
	}
	return found;
}

bool kcmdline_all(const char *cmdline, const char *name, char *values, size_t size)
{
	struct param param;
	bool found = false;
	size_t used = 0;

	values[0] = '\0';
	while (next_param(&cmdline, &param)) {
		if (!is_named(&param, name))
			continue;
		if (found && used + 1 < size)
			values[used++] = ' ';
		copy_value(&param, values + used, size - used);
		used += strlen(values + used);
		found = true;
	}
	return found;
}

/* The length of the next word of the list at @text. */
static size_t list_word(const char *text)
{
	return strcspn(text, ", ");
}

bool kcmdline_has_word(const char *cmdline, const char *name, const char *word)
{
	char values[KCMDLINE_SIZE];
	const char *text = values;
	size_t length;

	kcmdline_all(cmdline, name, values, sizeof(values));
	for (; *text; text += length + (text[length] != '\0')) {
		length = list_word(text);
		if (length == strlen(word) && !memcmp(text, word, length))
			return true;
	}
	return false;
}

/* kstrtobool() in lib/kstrtox.c: the first letters decide. */
static int switch_value(const char *value, size_t length)
{
	int first = length ? tolower((unsigned char)value[0]) : 0;
	int second = length > 1 ? tolower((unsigned char)value[1]) : 0;

	if (first == 'o')
		return second == 'n' ? 1 : second == 'f' ? 0 : -1;
	if (first && strchr("eyt1", first))
		return 1;
	return first && strchr("dnf0", first) ? 0 : -1;
}

int kcmdline_switch(const char *cmdline, const char *name)
{
	struct param param;
	int value, last = -1;

	while (next_param(&cmdline, &param)) {
		if (!is_named(&param, name))
			continue;
		value = switch_value(param.value, param.value_length);
		if (value >= 0)
			last = value;
	}
	return last;
}

/* Add ", NAME" to a list. */
static void add_name(char *names, size_t size, const char *name)
{
	size_t used = strlen(names);

	snprintf(names + used, size - used, "%s%s", used ? ", " : "", name);
}

/* The words of pci= that change ACS, and with it the groups, one after the other. */
static void acs_words(const char *cmdline, char *words, size_t size)
{
	char values[KCMDLINE_SIZE];
	const char *text = values;
	size_t length, used = 0;

	words[0] = '\0';
	kcmdline_all(cmdline, "pci", values, sizeof(values));
	for (; *text; text += length + (text[length] != '\0')) {
		length = list_word(text);
		if ((!strncmp(text, "config_acs=", 11) || !strncmp(text, "disable_acs_redir=", 18)) &&
		    used + length + 1 < size)
			used += (size_t)snprintf(words + used, size - used, "%.*s ", (int)length, text);
	}
}

const char *kcmdline_iommu_differences(const char *running, const char *target,
				       char *names, size_t size)
{
	/* Documentation/admin-guide/kernel-parameters.txt; vfio*: what may be bound at all. */
	static const char *const keys[] = {
		"iommu", "intel_iommu", "amd_iommu", "iommu.passthrough", "iommu.strict",
		"iommu.forcedac", "intremap", "arm-smmu-v3.disable_bypass", "pcie_acs_override",
		"vfio_iommu_type1.allow_unsafe_interrupts", "vfio.enable_unsafe_noiommu_mode",
	};
	char then[KCMDLINE_SIZE], now[KCMDLINE_SIZE];
	size_t i;

	names[0] = '\0';
	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		bool before = kcmdline_all(running, keys[i], then, sizeof(then));
		bool after = kcmdline_all(target, keys[i], now, sizeof(now));

		if (before != after || strcmp(then, now))
			add_name(names, size, keys[i]);
	}
	acs_words(running, then, sizeof(then));
	acs_words(target, now, sizeof(now));
	if (strcmp(then, now))
		add_name(names, size, "pci");
	return names;
}

bool kcmdline_iommu_off(const char *cmdline)
{
	return kcmdline_has_word(cmdline, "iommu", "off") ||
	       kcmdline_has_word(cmdline, "intel_iommu", "off") ||
	       kcmdline_has_word(cmdline, "amd_iommu", "off");
}

/* Add a word of @length bytes; 0 or -E2BIG. */
static int add_word(char *line, size_t size, const char *word, size_t length)
{
	size_t used = strlen(line);

	if (!length)
		return 0;
	if (used + (used > 0) + length >= size)
		return -E2BIG;
	snprintf(line + used, size - used, "%s%.*s", used ? " " : "", (int)length, word);
	return 0;
}

int kcmdline_build(const char *running, const char *append, char *line, size_t size)
{
	const char *rest = running ? running : "";
	struct param param;
	int rc = 0;

	line[0] = '\0';
	while (!rc && next_param(&rest, &param))
		if (!is_named(&param, "BOOT_IMAGE"))
			rc = add_word(line, size, param.start, param.length);
	if (!rc && append)
		rc = add_word(line, size, append, strlen(append));
	/* What is behind "--" is for the first process, and has to stay at the end. */
	if (!rc)
		rc = add_word(line, size, param.start, strlen(param.start));
	return rc;
}
