/** Muting of sources that send garbage or forged packets (§7.5). */
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

interface Faults {
  since: number;
  count: number;
  mutedUntil: number;
  /** Time for which it was muted last. */
  mutedMs: number;
}

/** Faults of each source, a roster id or a connection; at most `INGRESS_LIMITS.maxFaultySources` are remembered. */
export class SourceFaults {
  readonly #sources = new Map<string, Faults>();

  /** Returns for how many milliseconds from `now` on packets of `source` are to be dropped unread; 0 if they are not. */
  mutedFor(source: string, now: number): number {
    return Math.max(0, (this.#sources.get(source)?.mutedUntil ?? 0) - now);
  }

  /**
   * Takes note of a faulty packet, which counts for `weight` of them if it cost as much work. Returns for how long that mutes its source, which was not muted
   * before; 0 if it does not. That is `muteMs`, and twice as long as the last time, up to `muteCapMs`, for one that has hardly been heard again.
   */
  add(source: string, now: number, weight = 1, muteMs: number = INGRESS_LIMITS.muteMs, muteCapMs = muteMs): number {
    const faults = this.#faultsOf(source, now);
    faults.count += weight;
    this.#remember(source, faults);
    if (faults.count < INGRESS_LIMITS.faultsPerWindow) return 0;
    const wasMuted = now < faults.mutedUntil;
    if (!wasMuted) faults.mutedMs = Math.max(muteMs, Math.min(muteCapMs, 2 * faults.mutedMs));
    faults.mutedUntil = Math.max(faults.mutedUntil, now + (wasMuted ? muteMs : faults.mutedMs));
    return wasMuted ? 0 : faults.mutedMs;
  }

  /** Number of sources remembered. */
  get size(): number {
    return this.#sources.size;
  }

  #faultsOf(source: string, now: number): Faults {
    const known = this.#sources.get(source);
    if (known && now - known.since < INGRESS_LIMITS.faultWindowMs) return known;
    const { mutedUntil = 0, mutedMs = 0 } = known ?? {};
    const isAgain = now - mutedUntil < INGRESS_LIMITS.muteMs;
    return { since: now, count: 0, mutedUntil, mutedMs: isAgain ? mutedMs : 0 };
  }

  #remember(source: string, faults: Faults): void {
    // Deleted and set again, so that the map's order is that of the last fault.
    this.#sources.delete(source);
    this.#sources.set(source, faults);
    if (this.#sources.size <= INGRESS_LIMITS.maxFaultySources) return;
    const oldest = this.#sources.keys().next();
    if (!oldest.done) this.#sources.delete(oldest.value);
  }
}
