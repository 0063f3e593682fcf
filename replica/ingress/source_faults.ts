/** Muting of sources that send garbage or forged packets (§7.5). */
import { INGRESS_LIMITS } from "../limits/ingress_limits.ts";

interface Faults {
  since: number;
  count: number;
  mutedUntil: number;
}

/** Faults of each source, a roster id or a connection; at most `INGRESS_LIMITS.maxFaultySources` are remembered. */
export class SourceFaults {
  readonly #sources = new Map<string, Faults>();

  /** Returns for how many milliseconds from `now` on packets of `source` are to be dropped unread; 0 if they are not. */
  mutedFor(source: string, now: number): number {
    return Math.max(0, (this.#sources.get(source)?.mutedUntil ?? 0) - now);
  }

  /**
   * Takes note of a faulty packet, which counts for `weight` of them if it cost as much work. Returns whether that mutes its source, which was
   * not before, for `muteMs`.
   */
  add(source: string, now: number, weight = 1, muteMs: number = INGRESS_LIMITS.muteMs): boolean {
    const known = this.#sources.get(source);
    const faults = known && now - known.since < INGRESS_LIMITS.faultWindowMs
      ? known
      : { since: now, count: 0, mutedUntil: 0 };
    faults.count += weight;
    const isMuted = faults.count >= INGRESS_LIMITS.faultsPerWindow;
    const wasMuted = now < faults.mutedUntil;
    if (isMuted) faults.mutedUntil = Math.max(faults.mutedUntil, now + muteMs);
    this.#remember(source, faults);
    return isMuted && !wasMuted;
  }

  /** Number of sources remembered. */
  get size(): number {
    return this.#sources.size;
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
