/* W1 and W2 written for these two workloads alone: what a general program may be held against.
 *
 *     cc -O3 -march=native -o roofline roofline.c -lm
 *     roofline w1 CONTACTS [SEED]
 *     roofline w2 SCALE [SEED]
 *
 * Pending events are in winner trees: one with a leaf for each agent (ends of handling), one with a leaf for each
 * contact at the bot or waiting (end of the session, or of patience, which is taken back by clearing the leaf), and a
 * heap of those who come back later. The next arrival and the next shift stand alone. Times are minutes.
 *
 * Random numbers: xoshiro256++ (Blackman and Vigna 2019), the ziggurat with 256 layers (Marsaglia and Tsang 2000).
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define INLINE static inline __attribute__((always_inline))

/* ---- random numbers ---------------------------------------------------------------------------------------- */

static uint64_t state[4];

INLINE uint64_t rotated(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

INLINE uint64_t random_bits(void) {
    uint64_t result = rotated(state[0] + state[3], 23) + state[0], t = state[1] << 17;
    state[2] ^= state[0]; state[3] ^= state[1]; state[1] ^= state[2]; state[0] ^= state[3];
    state[2] ^= t; state[3] = rotated(state[3], 45);
    return result;
}

INLINE double uniform(void) { return (double)(random_bits() >> 11) * 0x1p-53; }

static void set_seed(uint64_t seed) {                    /* splitmix64 */
    for (int i = 0; i < 4; i++) {
        uint64_t z = (seed += 0x9e3779b97f4a7c15ull);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        state[i] = z ^ (z >> 31);
    }
}

static double exp_x[257], exp_f[257], normal_x[257], normal_f[257];
static const double EXP_R = 7.69711747013104972, EXP_V = 0.0039496598225815571993;
static const double NORMAL_R = 3.6541528853610088, NORMAL_V = 0.00492867323399;

static void make_layers(void) {
    exp_x[0] = EXP_V / exp(-EXP_R); exp_x[1] = EXP_R; exp_x[256] = 0;
    for (int i = 2; i < 256; i++) exp_x[i] = -log(EXP_V / exp_x[i - 1] + exp(-exp_x[i - 1]));
    for (int i = 0; i <= 256; i++) exp_f[i] = exp(-exp_x[i]);
    normal_x[0] = NORMAL_V / exp(-0.5 * NORMAL_R * NORMAL_R); normal_x[1] = NORMAL_R; normal_x[256] = 0;
    for (int i = 2; i < 256; i++)
        normal_x[i] = sqrt(-2 * log(NORMAL_V / normal_x[i - 1] + exp(-0.5 * normal_x[i - 1] * normal_x[i - 1])));
    for (int i = 0; i <= 256; i++) normal_f[i] = exp(-0.5 * normal_x[i] * normal_x[i]);
}

INLINE double exponential(void) {                        /* mean 1 */
    double tail = 0;
    for (;;) {
        uint64_t bits = random_bits();
        int i = bits & 255;
        double x = (double)(bits >> 11) * 0x1p-53 * exp_x[i];
        if (__builtin_expect(x < exp_x[i + 1], 1)) return tail + x;
        if (i == 0) { tail += EXP_R; continue; }
        if (exp_f[i] + uniform() * (exp_f[i + 1] - exp_f[i]) < exp(-x)) return tail + x;
    }
}

INLINE double normal(void) {
    for (;;) {
        uint64_t bits = random_bits();
        int i = bits & 255;
        double x = (double)(bits >> 11) * 0x1p-53 * normal_x[i], sign = (bits & 256) ? -1 : 1;
        if (__builtin_expect(x < normal_x[i + 1], 1)) return sign * x;
        if (i == 0) {
            double a, b;
            do { a = -log(1 - uniform()) / NORMAL_R; b = -log(1 - uniform()); } while (b + b < a * a);
            return sign * (NORMAL_R + a);
        }
        if (normal_f[i] + uniform() * (normal_f[i + 1] - normal_f[i]) < exp(-0.5 * x * x)) return sign * x;
    }
}

/* ---- the workloads ------------------------------------------------------------------------------------------ */

static const double PERCENT_BY_HOUR[24] = {2.2, 1.4, 0.9, 0.6, 0.5, 0.6, 1.0, 1.8, 3.0, 4.2, 5.0, 5.2,
                                           4.9, 4.8, 5.0, 5.2, 5.3, 5.5, 6.0, 7.3, 8.8, 9.0, 7.0, 4.8};
static const double AGENTS[3] = {1600, 6200, 9200};
static const double SHIFT = 480, P_BOT = 0.60, BOT = 0.25, P_CONTAINED = 0.65, HANDLING = 5.8, HANDLING_CV = 0.8;
static const double P_BACK = 0.32 * 0.30, P_BACK_ABANDONED = 0.30, BACK_AFTER = 240;

static struct {
    int is_day;                                          /* W2 */
    int64_t n_contacts;
    double rate[24], day, warm_up, patience, mu, sigma;
    int64_t agents[3];
} work;

static struct {
    int64_t contacts, at_desk, answered, abandoned, in_20_s;
    double wait, wait_answered;
} counts;

static void set_up(const char *workload, double size) {
    work.is_day = !strcmp(workload, "w2");
    if (!work.is_day) {
        work.n_contacts = (int64_t)size; work.day = INFINITY; work.warm_up = 60; work.patience = 10;
        work.rate[0] = 100;
        for (int k = 0; k < 3; k++) work.agents[k] = 575;
        return;
    }
    work.n_contacts = INT64_MAX; work.day = 1440; work.patience = 20;
    work.sigma = sqrt(log(1 + HANDLING_CV * HANDLING_CV));
    work.mu = log(HANDLING) - 0.5 * work.sigma * work.sigma;
    for (int h = 0; h < 24; h++) work.rate[h] = 2e6 * size * PERCENT_BY_HOUR[h] / 100 / 60;
    for (int k = 0; k < 3; k++) work.agents[k] = (int64_t)(AGENTS[k] * size + 0.5);
}

INLINE double next_arrival(double t) {
    double left = exponential();
    if (!work.is_day) return t + left / work.rate[0];
    while (t < work.day) {
        int hour = (int)(t / 60.0);
        double end = (hour + 1) * 60.0, passes = (end - t) * work.rate[hour];
        if (left < passes) return t + left / work.rate[hour];
        left -= passes; t = end;
    }
    return INFINITY;
}

INLINE double handling(void) {
    return work.is_day ? exp(work.mu + work.sigma * normal()) : HANDLING * exponential();
}

INLINE void count(double entered, double wait, int is_answered) {
    if (entered < work.warm_up) return;
    counts.at_desk++; counts.wait += wait; counts.in_20_s += is_answered && wait <= 20.0 / 60;
    if (is_answered) { counts.answered++; counts.wait_answered += wait; } else counts.abandoned++;
}

/* ---- pending events ----------------------------------------------------------------------------------------- */

static double *backs;                                    /* heap of the times at which contacts come back */
static int64_t n_backs, room_for_backs;

INLINE void push_back(double t) {
    if (n_backs == room_for_backs) {
        room_for_backs = room_for_backs ? room_for_backs * 2 : 4096;
        backs = realloc(backs, room_for_backs * sizeof *backs);
    }
    int64_t i = n_backs++;
    for (int64_t parent; i > 0 && backs[parent = (i - 1) / 2] > t; i = parent) backs[i] = backs[parent];
    backs[i] = t;
}

INLINE void pop_back(void) {
    double last = backs[--n_backs];
    int64_t i = 0;
    for (int64_t child; (child = 2 * i + 1) < n_backs; i = child) {
        child += child + 1 < n_backs && backs[child + 1] < backs[child];
        if (backs[child] >= last) break;
        backs[i] = backs[child];
    }
    if (n_backs) backs[i] = last;
}

/* A leaf's key is its time in microseconds above its number: one integer minimum a level, no branch to mispredict.
 * The exact times stand beside. */
typedef struct { uint64_t *key; double *time; int64_t n, used; uint32_t *unused; int64_t n_unused; } Tree;
enum { LEAF_BITS = 17 };                                 /* 131,072 leaves, 814 days */
#define LEAF_MASK ((1u << LEAF_BITS) - 1)
#define NEVER ((1ull << 63) - (1ull << LEAF_BITS))

INLINE uint64_t key_of(double t, uint64_t leaf) {
    return (t < 1e6 ? (uint64_t)(int64_t)(t * 6e7) << LEAF_BITS : NEVER) | leaf;
}

static void make_tree(Tree *tree, int64_t n) {
    if (n > 1 << LEAF_BITS) { fprintf(stderr, "roofline: too many contacts at once\n"); exit(3); }
    tree->n = n; tree->used = tree->n_unused = 0;
    tree->key = malloc(2 * n * sizeof *tree->key);
    tree->time = malloc(n * sizeof *tree->time);
    tree->unused = malloc(n * sizeof *tree->unused);
    for (int64_t i = 0; i < n; i++) { tree->key[n + i] = key_of(INFINITY, i); tree->time[i] = INFINITY; }
    for (int64_t i = n - 1; i > 0; i--) {
        uint64_t left = tree->key[2 * i], right = tree->key[2 * i + 1];
        tree->key[i] = left < right ? left : right;
    }
}

INLINE void set_leaf(Tree *tree, uint64_t leaf, double t) {
    uint64_t k = key_of(t, leaf), *key = tree->key;
    tree->time[leaf] = t;
    for (int64_t i = tree->n + leaf; i > 1; i >>= 1) {
        key[i] = k;
        uint64_t sibling = key[i ^ 1];
        k = k < sibling ? k : sibling;
    }
    key[1] = k;
}

INLINE uint32_t first_leaf(Tree *tree) { return tree->key[1] & LEAF_MASK; }
INLINE double first_time(Tree *tree) { return tree->time[first_leaf(tree)]; }

static void grow(Tree *tree) {
    Tree old = *tree;
    make_tree(tree, 2 * old.n);
    tree->used = old.used; tree->n_unused = old.n_unused;
    memcpy(tree->unused, old.unused, old.n_unused * sizeof *old.unused);
    for (int64_t i = 0; i < old.n; i++) if (old.time[i] < INFINITY) set_leaf(tree, i, old.time[i]);
    free(old.key); free(old.time); free(old.unused);
}

INLINE uint32_t new_leaf(Tree *tree) {
    if (tree->n_unused) return tree->unused[--tree->n_unused];
    if (tree->used == tree->n) grow(tree);
    return tree->used++;
}

INLINE void free_leaf(Tree *tree, uint32_t leaf) { tree->unused[tree->n_unused++] = leaf; }

static Tree handlings, stays;                            /* busy agents; contacts at the bot or waiting */

/* ---- contacts that are at the bot or waiting, and the queue --------------------------------------------------- */

typedef struct { double entered; int is_waiting; } Contact;
static Contact *contacts;                                /* by leaf of `stays` */
static int64_t room_for_contacts;
static uint32_t *queue;                                  /* a ring of leaves; who gave up stays in it as not waiting */
static uint64_t queue_head, queue_tail, room_in_queue;

INLINE uint32_t new_contact(void) {
    uint32_t leaf = new_leaf(&stays);
    if (leaf >= room_for_contacts) {
        room_for_contacts = stays.n;
        contacts = realloc(contacts, room_for_contacts * sizeof *contacts);
    }
    contacts[leaf].is_waiting = 0;
    return leaf;
}

INLINE void enqueue(uint32_t leaf) {
    if (queue_tail - queue_head == room_in_queue) {
        uint64_t room = room_in_queue ? room_in_queue * 2 : 4096;
        uint32_t *larger = malloc(room * sizeof *larger);
        for (uint64_t i = queue_head; i < queue_tail; i++) larger[i & (room - 1)] = queue[i & (room_in_queue - 1)];
        free(queue);
        queue = larger; room_in_queue = room;
    }
    queue[queue_tail++ & (room_in_queue - 1)] = leaf;
}

/* ---- the loop ------------------------------------------------------------------------------------------------ */

static int64_t agents, busy;

INLINE void perhaps_back(double t, double chance) {
    if (work.is_day && uniform() < chance) {
        double at = t + BACK_AFTER * exponential();
        if (at < work.day) push_back(at);
    }
}

INLINE double answer_next(double t) {                    /* when the handling of the next in the queue ends */
    while (queue_head != queue_tail) {
        uint32_t leaf = queue[queue_head++ & (room_in_queue - 1)];
        int is_waiting = contacts[leaf].is_waiting;
        double entered = contacts[leaf].entered;
        free_leaf(&stays, leaf);
        if (is_waiting) { set_leaf(&stays, leaf, INFINITY); count(entered, t - entered, 1); return t + handling(); }
    }
    return INFINITY;
}

INLINE void begin_handling(double end) { busy++; set_leaf(&handlings, new_leaf(&handlings), end); }

INLINE void enter_desk(double t, int64_t leaf) {         /* leaf: the contact's own from the bot, or -1 */
    double patience = work.patience * exponential();
    if (busy < agents) {
        if (leaf >= 0) { set_leaf(&stays, leaf, INFINITY); free_leaf(&stays, leaf); }
        count(t, 0, 1);
        begin_handling(t + handling());
        return;
    }
    uint32_t own = leaf >= 0 ? (uint32_t)leaf : new_contact();
    contacts[own].entered = t; contacts[own].is_waiting = 1;
    enqueue(own);
    set_leaf(&stays, own, t + patience);
}

INLINE void enter(double t) {
    counts.contacts++;
    if (work.is_day && uniform() < P_BOT) set_leaf(&stays, new_contact(), t + BOT); else enter_desk(t, -1);
}

static void simulate(void) {
    double arrival = next_arrival(0), shift = work.is_day ? SHIFT : INFINITY, end;
    int n_shifts = 0;
    int64_t n_arrived = 0;
    make_tree(&handlings, 1024); make_tree(&stays, 1024);
    agents = work.agents[0];
    for (;;) {
        double back = n_backs ? backs[0] : INFINITY, freed = first_time(&handlings), stay = first_time(&stays);
        double t = back < freed ? back : freed;
        t = t < stay ? t : stay;
        if (shift < INFINITY && shift <= arrival && shift <= t) {
            agents = work.agents[++n_shifts];
            while (busy < agents && (end = answer_next(shift)) < INFINITY) begin_handling(end);
            shift = n_shifts < 2 ? shift + SHIFT : INFINITY;
        } else if (arrival < t) {
            enter(arrival);
            arrival = ++n_arrived < work.n_contacts ? next_arrival(arrival) : INFINITY;
        } else if (t == INFINITY) {
            break;
        } else if (freed == t) {
            end = busy <= agents ? answer_next(t) : INFINITY;
            uint32_t agent = first_leaf(&handlings);
            set_leaf(&handlings, agent, end);
            if (end == INFINITY) { free_leaf(&handlings, agent); busy--; }
            perhaps_back(t, P_BACK);
        } else if (stay == t) {
            uint32_t leaf = first_leaf(&stays);
            if (contacts[leaf].is_waiting) {             /* gives up; its leaf is free when the queue comes to it */
                set_leaf(&stays, leaf, INFINITY);
                contacts[leaf].is_waiting = 0;
                count(contacts[leaf].entered, t - contacts[leaf].entered, 0);
                perhaps_back(t, P_BACK_ABANDONED);
            } else if (uniform() < P_CONTAINED) {
                set_leaf(&stays, leaf, INFINITY);
                free_leaf(&stays, leaf);
                perhaps_back(t, P_BACK);
            } else {
                enter_desk(t, leaf);
            }
        } else {
            pop_back();
            enter(t);
        }
    }
}

/* ---- what is told -------------------------------------------------------------------------------------------- */

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

static double peak_mb(void) {                            /* as benchmarks/memory.py has it */
    char line[256];
    long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (status) {
        while (fgets(line, sizeof line, status)) if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
        fclose(status);
        return kib * 1024 / 1e6;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return usage.ru_maxrss / 1e6;
#else
    return usage.ru_maxrss * 1024 / 1e6;
#endif
}

int main(int argc, char **argv) {
    if (argc < 3) { fprintf(stderr, "usage: roofline w1 CONTACTS|w2 SCALE [SEED]\n"); return 2; }
    double begin = seconds();
    set_seed(argc > 3 ? strtoull(argv[3], 0, 10) : 1);
    make_layers();
    set_up(argv[1], atof(argv[2]));
    simulate();
    double wall_s = seconds() - begin;
    printf("{\"name\": \"C, winner trees\", \"contacts\": %lld, \"at_desk\": %lld, \"mean_wait_min\": %.17g, "
           "\"mean_wait_answered_min\": %.17g, \"abandoned\": %.17g, \"in_20_s\": %.17g, \"wall_s\": %.9f, "
           "\"contacts_per_s\": %.1f, \"peak_mb\": %.3f, \"import_s\": 0.0}\n",
           (long long)counts.contacts, (long long)counts.at_desk, counts.wait / counts.at_desk,
           counts.wait_answered / counts.answered, (double)counts.abandoned / counts.at_desk,
           (double)counts.in_20_s / counts.at_desk, wall_s, counts.contacts / wall_s, peak_mb());
    return 0;
}
