/* SPDX-License-Identifier: BSD-2-Clause */
/** txn.c: the transactions of txn.h. All conditions of one are decided before any of it is done. */
#include "backends/etcd/txn.h"

#include "backends/etcd/keys.h"

/* The keys of an ask. */
struct names_of {
	char place[WIRE_KEY], owner[WIRE_KEY], done[WIRE_KEY], wait[WIRE_KEY], from[WIRE_KEY], to[WIRE_KEY];
};

static void name_all(const struct etcd *e, const struct ask *a, struct names_of *k)
{
	keys_place(e, a, k->place);
	keys_owner(e, a, k->owner);
	keys_done(e, a, k->done);
	keys_wait(e, a, k->wait);
	keys_range(e, a, k->from, k->to);
}

static bool shows_waiting(const struct etcd *e)
{
	return e->options.protocol == KEY && !e->options.blind;
}

static json_t *append(json_t *list, json_t *one)
{
	if (list && one && json_array_append_new(list, one) == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* ---- what we see ---- */

/* Last in whatever asks for it: what is behind our key, if it is known which that is; what is in front of it; it; OWNER. Two
 * and one are enough, unless other keys lie between. */
static json_t *see(const struct etcd *e, const struct ask *a, json_t *before, const struct names_of *k, int64_t hi)
{
	bool crowded = a->lock->crowded;

	if (e->options.protocol == KEY)
		hi = 0; /* the range is of those who wait */
	if (hi != 0)
		before = append(before, wire_behind(k->from, k->to, hi, crowded ? 0 : 1));
	before = append(before, wire_back(k->from, k->to, hi, crowded ? 0 : 2));
	before = append(before, wire_get(k->place));
	return append(before, wire_get(k->owner));
}

json_t *txn_look(const struct etcd *e, const struct ask *a)
{
	struct names_of k;

	name_all(e, a, &k);
	return wire_transaction(wire_if(wire_none(), see(e, a, wire_none(), &k, a->hi), wire_none()));
}

/* ---- coming in ---- */

static json_t *be_owner(const struct etcd *e, const struct ask *a, const struct names_of *k, uint64_t req)
{
	char well[WIRE_VALUE], died[WIRE_VALUE];

	keys_mine_owner(e, a, req, false, well);
	keys_mine_owner(e, a, req, true, died);
	return wire_if(json_pack("[o]", wire_created(k->owner, NULL, 0)), json_pack("[o]", wire_put(k->owner, well, 0)),
		json_pack("[o]", wire_put(k->owner, died, 0)));
}

static json_t *be_owner_if_free(const struct etcd *e, const struct ask *a, const struct names_of *k, uint64_t req)
{
	json_t *be = be_owner(e, a, k, req);

	if (e->options.protocol == KEY)
		return be;
	return wire_if(json_pack("[o]", wire_created(k->from, k->to, 0)), json_pack("[o]", be), wire_none());
}

/* K is not there. */
static json_t *take_place(const struct etcd *e, const struct ask *a, const struct names_of *k, uint64_t req)
{
	char mine[WIRE_VALUE];
	json_t *ops = wire_none();

	if (e->options.protocol == V3LOCK)
		return see(e, a, ops, k, 0);
	keys_mine(e, a, req, mine);
	ops = append(ops, be_owner_if_free(e, a, k, req));
	ops = append(ops, wire_put(k->place, mine, e->saved.lease));
	if (shows_waiting(e))
		ops = append(ops, wire_delete(k->wait));
	return see(e, a, ops, k, 0);
}

static json_t *wait_for_place(const struct etcd *e, const struct ask *a, const struct names_of *k)
{
	json_t *ops = wire_none();

	if (shows_waiting(e))
		ops = append(ops, wire_put(k->wait, "", e->saved.lease));
	return see(e, a, ops, k, 0);
}

/* DONE >= req; not there: false. */
static json_t *is_done(const struct names_of *k, uint64_t req)
{
	char before[WIRE_VALUE];

	keys_number(req - 1, before);
	return json_pack("[o]", wire_greater(k->done, before));
}

json_t *txn_enter(const struct etcd *e, const struct ask *a, uint64_t req)
{
	struct names_of k;
	json_t *come;

	name_all(e, a, &k);
	come = wire_if(
		json_pack("[o]", wire_created(k.place, NULL, 0)), take_place(e, a, &k, req), wait_for_place(e, a, &k));
	return wire_transaction(wire_if(is_done(&k, req), json_pack("[o]", wire_get(k.place)), json_pack("[o]", come)));
}

/* Is K ours, and nobody in front of it? With other keys between, that has been seen. */
static json_t *is_owner(const struct etcd *e, const struct ask *a, const struct names_of *k)
{
	json_t *is = json_pack("[o,o]", wire_created(k->place, NULL, a->hi), wire_changed(k->owner, a->lock->noted));

	if (e->options.protocol == KEY || a->lock->crowded)
		return is;
	return append(is, wire_none_before(k->from, k->to, a->hi));
}

json_t *txn_confirm(const struct etcd *e, const struct ask *a)
{
	char mine[WIRE_VALUE], owner[WIRE_VALUE];
	struct names_of k;
	json_t *ops;

	name_all(e, a, &k);
	keys_mine(e, a, a->req, mine);
	keys_mine_owner(e, a, a->req, a->lock->noted != 0, owner);
	ops = json_pack("[o]", wire_put(k.owner, owner, 0));
	if (e->options.protocol == V3LOCK)
		ops = append(ops, wire_put(k.place, mine, e->saved.lease));
	return wire_transaction(wire_if(is_owner(e, a, &k), ops, see(e, a, wire_none(), &k, a->hi)));
}

/* ---- going ---- */

static json_t *unless_done(const struct etcd *e, const struct names_of *k, uint64_t req, json_t *conditions, json_t *give)
{
	char number[WIRE_VALUE];
	json_t *ops = wire_none();

	keys_number(req, number);
	ops = append(ops, wire_put(k->done, number, e->saved.lease));
	if (shows_waiting(e))
		ops = append(ops, wire_delete(k->wait));
	ops = append(ops, wire_if(conditions, give, json_pack("[o]", wire_get(k->place))));
	return wire_transaction(wire_if(is_done(k, req), json_pack("[o]", wire_get(k->place)), ops));
}

/* All is well: so the next one owns the lock from now on, if it is known who that is, and he is still there. He hears of it with
 * the end of our key, and asks nothing. */
static json_t *pass_on(const struct etcd *e, const struct ask *a, const struct names_of *k)
{
	char key[WIRE_KEY], owner[WIRE_VALUE];

	if (!keys_heir(e, a, key, owner))
		return wire_delete(k->owner);
	return wire_if(json_pack("[o,o]", wire_created(key, NULL, a->next.created), wire_equal(key, a->heir)),
		json_pack("[o]", wire_put(k->owner, owner, 0)), json_pack("[o]", wire_delete(k->owner)));
}

json_t *txn_release(const struct etcd *e, const struct ask *a, uint64_t req, uint64_t hi, bool clean)
{
	char mine[WIRE_VALUE];
	struct names_of k;
	json_t *give;

	name_all(e, a, &k);
	keys_mine(e, a, req, mine);
	give = json_pack("[o]", wire_delete(k.place));
	if (clean)
		give = append(give, pass_on(e, a, &k));
	return unless_done(e, &k, req,
		json_pack("[o,o]", wire_equal(k.place, mine), wire_created(k.place, NULL, (int64_t)hi)), give);
}

json_t *txn_cancel(const struct etcd *e, const struct ask *a, uint64_t req)
{
	char mine[WIRE_VALUE], well[WIRE_VALUE];
	struct names_of k;
	json_t *note;

	name_all(e, a, &k);
	keys_mine(e, a, req, mine);
	keys_mine_owner(e, a, req, false, well);
	note = wire_if(json_pack("[o]", wire_equal(k.owner, well)), json_pack("[o]", wire_delete(k.owner)), wire_none());
	return unless_done(e, &k, req, json_pack("[o]", wire_equal(k.place, mine)),
		json_pack("[o,o]", wire_delete(k.place), note));
}

json_t *txn_older(const struct etcd *e, const struct ask *a, const struct kv *key)
{
	struct names_of k;

	name_all(e, a, &k);
	return wire_transaction(wire_if(json_pack("[o]", wire_changed(k.place, key->changed)),
		json_pack("[o]", wire_delete(k.place)), json_pack("[o]", wire_get(k.place))));
}
