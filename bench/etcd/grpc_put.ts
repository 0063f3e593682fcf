/**
 * Writes to etcd over gRPC: `KV.Put` of its API, by hand, since HTTP/2 is in the platform and one call of two fields needs no library. Calls of
 * one connection are streams of it, as with any gRPC client.
 */
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import type { Connections } from "../load/writers.ts";
import { framePut } from "./put_frame.ts";

const HEADERS = {
  ":method": "POST",
  ":path": "/etcdserverpb.KV/Put",
  "content-type": "application/grpc",
  te: "trailers",
};

/** Connects to the etcd node at `url`, `count` times. To be closed before that node ends, where this process is to live on. */
export async function connectEtcd(url: string, count: number): Promise<Connections & { close(): void }> {
  const sessions = await Promise.all(Array.from({ length: count }, async () => {
    const session = connect(url);
    await once(session, "connect");
    return session;
  }));
  return {
    puts: sessions.map((session) => (key, value) => put(session, framePut(key, value))),
    reads: [],
    work: { signed: 0, verified: 0 },
    close: () => sessions.forEach((session) => session.destroy()),
  };
}

/** Resolves once etcd has answered; rejects with its status where that is not OK. */
function put(session: ClientHttp2Session, frame: Uint8Array): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stream = session.request(HEADERS);
  let status = "none";
  // An error comes in the headers, where no answer follows.
  const note = (headers: Readonly<Record<string, unknown>>) => status = `${headers["grpc-status"] ?? status}`;
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("data", () => {});
  stream.on("error", reject);
  stream.on("end", () => status === "0" ? resolve() : reject(new Error(`etcd answered with gRPC status ${status}`)));
  stream.end(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
  return promise;
}
