/** Sources that give what is of one epoch, and nothing once the client goes by another one. */
import type { BackupSources } from "../../calls/backup_sources.ts";
import type { Client } from "../../client_types.ts";

/** Thrown when the roster in force is another one than when the backup began. */
export class EpochOverError extends Error {
  override readonly name = "EpochOverError";
}

/** Returns the sources of the epoch that `client` is in now. Their calls reject with {@linkcode EpochOverError} once it is in another. */
export function sourcesInEpoch(client: Pick<Client, "sources" | "roster">): BackupSources {
  const { sources, roster: { epoch, replicas } } = client;
  const requireEpoch = (): void => {
    if (client.roster.epoch !== epoch) throw new EpochOverError(`epoch ${epoch} is over`);
  };
  const within = async <T>(call: () => Promise<T>): Promise<T> => {
    requireEpoch();
    const answer = call();
    await answer.catch(() => {});
    requireEpoch();
    return await answer;
  };
  return {
    replicas: replicas.map(({ id }) => id),
    checkpoint: (...args) => within(() => sources.checkpoint(...args)),
    chunks: (...args) => within(() => sources.chunks(...args)),
    entries: (...args) => within(() => sources.entries(...args)),
    ends: (...args) => within(() => sources.ends(...args)),
  };
}
