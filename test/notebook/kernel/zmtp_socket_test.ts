import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ZmtpError, ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";
import type { ClientType, ServerType } from "relay/notebook/kernel/zmtp_socket.ts";

/** Frames around the borders of one-byte lengths and of one read. */
const LENGTHS = [0, 1, 255, 256, 65_535, 65_536, 300_000];

describe("a pair of ZMTP sockets", () => {
  it("carries messages of many frames both ways, in order", async () => {
    await using pair = await connected("DEALER", "ROUTER");
    const message = LENGTHS.map((length) => new Uint8Array(length).map((_, i) => i * 7));
    for (const [from, to] of [[pair.client, pair.server], [pair.server, pair.client]] as const) {
      const sent = Promise.all([from.send(message), from.send([Uint8Array.of(1, 2)])]);
      assertEquals(await to.receive(), message);
      assertEquals(await to.receive(), [Uint8Array.of(1, 2)]);
      await sent;
    }
  });

  it("delivers a subscription to the publisher and what is published to the subscriber", async () => {
    await using pair = await connected("SUB", "PUB");
    assertEquals(await pair.server.receive(), [Uint8Array.of(1)]);
    await pair.server.send([Uint8Array.of(5)]);
    assertEquals(await pair.client.receive(), [Uint8Array.of(5)]);
  });

  it("ends with undefined when the other end closes", async () => {
    await using pair = await connected("DEALER", "ROUTER");
    pair.server.close();
    assertEquals(await pair.client.receive(), undefined);
  });

  it("ends a pending receive when it is closed itself", async () => {
    await using pair = await connected("DEALER", "ROUTER");
    const pending = pair.client.receive();
    pair.client.close();
    assertEquals(await pending, undefined);
  });
});

describe("ZmtpSocket", () => {
  it("reads a message that arrives byte by byte", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const [peer, connection] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port: port(listener) }),
      listener.accept() as Promise<Deno.TcpConn>,
    ]);
    peer.setNoDelay(true);
    const greeting = new Uint8Array(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1]);
    greeting.set(new TextEncoder().encode("NULL"), 12);
    const ready = new TextEncoder().encode("\x05READY\x0bSocket-Type\0\0\0\x06DEALER");
    const ping = [4, 5, 4, 80, 73, 78, 71]; // a command in between, to be passed over
    const bytes = [...greeting, 4, ready.length, ...ready, 1, 1, 42, ...ping, 0, 2, 43, 44];
    const writing = (async () => {
      for (const byte of bytes) {
        await peer.write(Uint8Array.of(byte));
        await new Promise((resolve) => setTimeout(resolve));
      }
    })();
    const socket = await ZmtpSocket.accept(connection, "ROUTER");
    assertEquals(await socket.receive(), [Uint8Array.of(42), Uint8Array.of(43, 44)]);
    await writing;
    socket.close();
    peer.close();
  });

  it("refuses what is no ZMTP, and a socket that does not fit", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const web = Deno.connect({ hostname: "127.0.0.1", port: port(listener) });
    const accepted = await listener.accept() as Deno.TcpConn;
    const peer = await web;
    await peer.write(new TextEncoder().encode("GET / HTTP/1.1\r\n".padEnd(64)));
    await assertRejects(
      () => ZmtpSocket.accept(accepted, "ROUTER"),
      ZmtpError,
      "expected version 3 and NULL",
    );
    peer.close();
    const results = await Promise.allSettled([
      ZmtpSocket.connect(port(listener), "SUB"),
      listener.accept().then((connection) => ZmtpSocket.accept(connection as Deno.TcpConn, "ROUTER")),
    ]);
    assertEquals(results.map((result) => result.status === "rejected" && result.reason.message), [
      "Cannot connect a SUB socket to ROUTER: expected one of PUB, XPUB",
      "Cannot connect a ROUTER socket to SUB: expected one of DEALER, REQ, ROUTER",
    ]);
  });
});

async function connected(clientType: ClientType, serverType: ServerType) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, server] = await Promise.all([
    ZmtpSocket.connect(port(listener), clientType),
    listener.accept().then((connection) => ZmtpSocket.accept(connection as Deno.TcpConn, serverType)),
  ]);
  const close = () => {
    client.close();
    server.close();
    return Promise.resolve();
  };
  return { client, server, [Symbol.asyncDispose]: close };
}

function port(listener: Deno.Listener): number {
  return (listener.addr as Deno.NetAddr).port;
}
