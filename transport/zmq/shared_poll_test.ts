import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { SharedPoll } from "./shared_poll.ts";

const CLOEXEC_NONBLOCK = 0x80800;
const onLinux = Deno.build.os === "linux";

/** Wake-up descriptors of our own: eventfds. */
function eventFds() {
  const libc = Deno.dlopen("libc.so.6", {
    eventfd: { parameters: ["u32", "i32"], result: "i32" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
  const opened: number[] = [];
  return {
    open(): number {
      const fd = libc.symbols.eventfd(0, CLOEXEC_NONBLOCK);
      opened.push(fd);
      return fd;
    },
    ring: (fd: number) => libc.symbols.write(fd, new Uint8Array(BigUint64Array.of(1n).buffer), 8n),
    [Symbol.dispose](): void {
      for (const fd of opened) libc.symbols.close(fd);
      libc.close();
    },
  };
}

/** Counts its rings, and resolves `rung` at the first. */
function listener() {
  const { promise: rung, resolve } = Promise.withResolvers<void>();
  return {
    waiting: true,
    rings: 0,
    rung,
    ring(): void {
      this.rings++;
      this.waiting = false;
      resolve();
    },
  };
}

function joined(each: ReturnType<typeof listener>, fds: readonly number[]): SharedPoll {
  const poll = SharedPoll.join(each, fds);
  if (poll === null) throw new Error("libc could not be loaded, or a descriptor not be waited for");
  return poll;
}

Deno.test({
  name: "a ring reaches the owner of its descriptor and nobody else",
  ignore: !onLinux,
  fn: async () => {
    using fds = eventFds();
    const listeners = Array.from({ length: 100 }, listener);
    const owned = listeners.map(() => [fds.open(), fds.open()]);
    const polls = listeners.map((each, place) => joined(each, owned[place] ?? []));
    for (const poll of polls) poll.watch();
    assertEquals(new Set(polls).size, 1);
    fds.ring(owned[70]?.[1] ?? -1);
    await listeners[70]?.rung;
    fds.ring(owned[3]?.[0] ?? -1);
    await listeners[3]?.rung;
    assertEquals(listeners.flatMap(({ rings }, place) => rings > 0 ? [place] : []), [3, 70]);
    await Promise.all(polls.map((poll, place) => poll.leave(owned[place] ?? [])));
  },
});

Deno.test({
  name: "more rings at once than one call takes, and one from before the wait, all arrive",
  ignore: !onLinux,
  fn: async () => {
    using fds = eventFds();
    const listeners = Array.from({ length: 300 }, listener);
    const owned = listeners.map(() => [fds.open()]);
    const polls = listeners.map((each, place) => joined(each, owned[place] ?? []));
    for (const [fd = -1] of owned) fds.ring(fd);
    polls[0]?.watch();
    await Promise.all(listeners.map(({ rung }) => rung));
    await Promise.all(polls.map((poll, place) => poll.leave(owned[place] ?? [])));
  },
});

// That nothing stays open or under way is what Deno's sanitizers see to.
Deno.test({
  name: "the last to leave closes everything, and whoever joins later begins anew",
  ignore: !onLinux,
  fn: async () => {
    using fds = eventFds();
    const [a, b] = [fds.open(), fds.open()];
    const first = joined(listener(), [a]);
    assertStrictEquals(joined(listener(), [b]), first);
    first.watch();
    await first.leave([a]);
    const last = first.leave([b]);
    const later = listener();
    const second = joined(later, [a]);
    assertNotStrictEquals(second, first);
    second.watch();
    fds.ring(a);
    await Promise.all([last, later.rung]);
    await second.leave([a]);
  },
});

Deno.test({
  name: "a descriptor that cannot be waited for is refused, and nothing stays open",
  ignore: !onLinux,
  fn: () => {
    using fds = eventFds();
    assertEquals(SharedPoll.join(listener(), [fds.open(), -1]), null);
  },
});
