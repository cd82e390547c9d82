/* SPDX-License-Identifier: BSD-2-Clause */
/** txn.h: what each request is to etcd: one transaction, decided there, which knows nothing of what was asked before.
 *
 *   PUT K means: with our value, our lease. OURS(n): K's value is that of request n. 0: is not there. SEE: get K, the place in front
 *   of it, that behind it, OWNER: so much, however many wait.
 *
 *   enter      if DONE >= req: get K                                                              finished
 *              else if K is there: SEE
 *              else PUT K; if nobody else has a place: OWNER = us, died unless OWNER was not there; SEE
 *   look       SEE
 *   confirm    if K was created at hi, no place before, and OWNER is as it was: OWNER = us, died unless it was not there; else SEE
 *   release    if DONE >= req: get K
 *              else DONE = req; if OURS(req), created at hi: delete K and, if clean, OWNER, or make the next one that, who is then
 *              granted the lock; else get K
 *   cancel     if DONE >= req: get K
 *              else DONE = req; if OURS(req): delete K and, if it says us and that nobody died, OWNER; else get K
 *   older      if K is as it was: delete K; else get K
 *
 * So a late copy does nothing: `enter` is stopped by DONE, which lives as long as the lease without which it fails anyway; the
 * others by what they compare. And no death is lost: OWNER is written before a grant is told, with the grant or by `confirm`, and is
 * removed, or passed on, only together with the key of an owner who says that all is well, so whoever finds it knows. To whom
 * it was passed on has been an owner, also if he never hears of it. Strangers leave none:
 * their deaths are not told.
 *
 * protocol=key: K is the lock itself, so `enter` makes us the owner whenever it is not there. With blind=0, WAIT is put if it is, and
 * deleted when we have K, or give up. protocol=v3lock: `enter` leaves K to the server's lock/lock; `confirm` puts our value there.
 */
#ifndef PAWL_ETCD_TXN_H
#define PAWL_ETCD_TXN_H

#include "backends/etcd/etcd.h"

json_t *txn_enter(const struct etcd *e, const struct ask *a, uint64_t req);
json_t *txn_look(const struct etcd *e, const struct ask *a);
json_t *txn_confirm(const struct etcd *e, const struct ask *a);
json_t *txn_release(const struct etcd *e, const struct ask *a, uint64_t req, uint64_t hi, bool clean);
json_t *txn_cancel(const struct etcd *e, const struct ask *a, uint64_t req);
json_t *txn_older(const struct etcd *e, const struct ask *a, const struct kv *key);

#endif
