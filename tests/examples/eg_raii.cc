/* SPDX-License-Identifier: BSD-2-Clause */
/** eg_raii.cc: C++: two cashiers, one of whom throws in the middle of a sale; a named lock that lasts as long as an object.
 *
 * Prints: 1999 sold, 1 sale thrown away; order 42 settled under a token, and free again
 */
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <pawl/pawl.hpp>

static pawl::mutex till;
static long sold PAWL_GUARDED_BY(till);

static void sell(long number) PAWL_NO_ANALYSIS /* the analysis does not know std::lock_guard */
{
	std::lock_guard<pawl::mutex> locked(till);

	if (number == 500)
		throw std::runtime_error("out of stock");
	sold++;
}

static void cashier(long *lost, long from)
{
	for (long i = from; i < from + 1000; i++) {
		try {
			sell(i);
		} catch (const std::runtime_error &) {
			++*lost;
		}
	}
}

static bool settle(pawl_lock_t *order)
{
	pawl::held mine(order, pawl_in_ms(5000));

	return mine && pawl_lock_valid(order) && mine.grant.fence.lo > 0;
}

int main()
{
	long lost[2] = { 0, 0 };
	pawl_space_t *host;
	pawl_lock_t *order;
	std::thread a(cashier, &lost[0], 0), b(cashier, &lost[1], 1000);

	a.join();
	b.join();
	if (pawl_space_open(&host, "exchange", nullptr) != 0) {
		std::fprintf(stderr, "%s\n", pawl_space_reason());
		return 1;
	}
	if (pawl_lock_open(host, "orders/42", PAWL_AUTO_RECOVER, &order) != 0)
		return 1;
	bool settled = settle(order), free_again = !pawl_lock_valid(order);
	till.lock();
	long all = sold;
	till.unlock();
	std::printf("%ld sold, %ld sale thrown away; order 42 %s under a token, and %s again\n", all, lost[0] + lost[1],
		settled ? "settled" : "not settled", free_again ? "free" : "not free");
	return pawl_space_close(host);
}
