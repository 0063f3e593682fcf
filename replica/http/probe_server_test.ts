import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../../tasks/support/eventually.ts";
import { jsonAnswer } from "./answer.ts";
import { HTTP_LIMITS } from "./http_limits.ts";
import { ProbeServer } from "./probe_server.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words);

/** Returns all that `connection` says until it ends; what has come by then if it is reset. */
async function readAll(connection: Deno.TcpConn): Promise<string> {
  const [all, buffer] = [[] as number[], new Uint8Array(4096)];
  try {
    for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
      all.push(...buffer.subarray(0, read));
    }
  } catch {
    // Reset: the server had not read everything.
  }
  return text(new Uint8Array(all));
}

async function withServer(
  body: (server: ProbeServer, connect: () => Promise<Deno.TcpConn>) => Promise<void>,
): Promise<void> {
  const server = new ProbeServer({ hostname: "127.0.0.1", port: 0 }, ({ path }) => {
    if (path === "/throws") throw new Error("no such luck");
    return jsonAnswer({ path });
  });
  const opened: Deno.TcpConn[] = [];
  try {
    await body(server, async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      opened.push(connection);
      return connection;
    });
  } finally {
    server.close();
    for (const connection of opened) connection.close();
  }
}

const ask = async (connection: Deno.TcpConn, words: string): Promise<string> => {
  await connection.write(bytes(words));
  return await readAll(connection);
};

Deno.test("a request in any pieces is answered, and its connection ends", async () => {
  await withServer(async (_, connect) => {
    const connection = await connect();
    for (const piece of ["GET /a?b=c HT", "TP/1.1\r\nhost: x\r", "\n\r"]) await connection.write(bytes(piece));
    const answer = await ask(connection, "\n");
    assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assertMatch(answer, /\r\nconnection: close\r\n/);
    assertEquals(answer.split("\r\n\r\n")[1], '{"path":"/a"}');
  });
});

Deno.test("HEAD has no body; a handler that throws and a request that is none are problems", async () => {
  await withServer(async (_, connect) => {
    const head = await ask(await connect(), "HEAD /a HTTP/1.0\n\n");
    assertMatch(head, /content-length: 13\r\n/);
    assertEquals(head.split("\r\n\r\n")[1], "");
    assertMatch(
      await ask(await connect(), "GET /throws HTTP/1.1\r\n\r\n"),
      /^HTTP\/1\.1 500 [^]*urn:bft-raft:problem:failed/,
    );
    for (const words of ["\u0016\u0003\u0001\r\n\r\n", "GET a HTTP/1.1\r\n\r\n", "GET /a HTTP/2\r\n\r\n", "\r\n\r\n"]) {
      assertMatch(await ask(await connect(), words), /^HTTP\/1\.1 400 /, JSON.stringify(words));
    }
  });
});

Deno.test("a head that is too long, or comes in too many pieces, is cut off", async () => {
  await withServer(async (server, connect) => {
    const long = await connect();
    const asked = ask(long, `GET /a HTTP/1.1\r\nx: ${"y".repeat(2 * HTTP_LIMITS.headBytes)}`);
    assertMatch(await asked, /^(HTTP\/1\.1 431 |$)/);
    const slow = await connect();
    let pieces = 0;
    const dripping = (async () => {
      for (; pieces < 10 * HTTP_LIMITS.headReads; pieces++) {
        await slow.write(bytes("x"));
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })().catch(() => {});
    assertMatch(await readAll(slow), /^(HTTP\/1\.1 431 |$)/);
    await dripping;
    await eventually("nothing is open", () => server.counts.open === 0);
  });
});

Deno.test("silent strangers hold no more connections than there may be, and lose them in time", async () => {
  await withServer(async (server, connect) => {
    const before = performance.now();
    const silent = await Promise.all(Array.from({ length: HTTP_LIMITS.connections + 8 }, connect));
    const ends = silent.map(readAll);
    await eventually("all are accepted or refused", () => server.counts.open + server.counts.refused === silent.length);
    assertEquals(server.counts.open, HTTP_LIMITS.connectionsPerAddress);
    await Promise.all(ends);
    const tookMs = performance.now() - before;
    assert(tookMs < 3 * HTTP_LIMITS.deadlineMs, `${tookMs} ms`);
    assertMatch(await ask(await connect(), "GET /a HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 200 /);
  });
});

Deno.test("whoever asks as fast as he can gets no more answers than the pace allows", async () => {
  await withServer(async (_, connect) => {
    const before = performance.now();
    const wanted = HTTP_LIMITS.acceptBurst + HTTP_LIMITS.acceptsPerSecond;
    let answers = 0;
    const flood = async () => {
      while (answers < wanted) {
        const connection = await connect();
        if ((await ask(connection, "GET /a HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200")) answers++;
      }
    };
    await Promise.all(Array.from({ length: 8 }, flood));
    const seconds = (performance.now() - before) / 1000;
    assert(
      answers <= HTTP_LIMITS.acceptBurst + HTTP_LIMITS.acceptsPerSecond * seconds + 1,
      `${answers} in ${seconds} s`,
    );
    assert(seconds > 0.9, `${answers} in ${seconds} s`);
  });
});

Deno.test("a server that is closed ends what is open and frees its port", async () => {
  await withServer(async (server, connect) => {
    const connection = await connect();
    await eventually("it is open", () => server.counts.open === 1);
    server.close();
    assertEquals(await readAll(connection), "");
    Deno.listen({ hostname: "127.0.0.1", port: server.port }).close();
  });
});
