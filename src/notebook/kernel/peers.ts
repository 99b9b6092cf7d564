import { type ServerType, ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";

/** Called with each message and the connection that it came by. */
export type OnMessage = (frames: Uint8Array[], peer: ZmtpSocket) => void;

/** The server's side of one port: all who are connected to it. */
export class Peers {
  readonly #listener: Deno.TcpListener;
  readonly #type: ServerType;
  readonly #onMessage: OnMessage;
  readonly #peers = new Set<ZmtpSocket>();

  /** Listens on 127.0.0.1 from now on. */
  constructor(port: number, type: ServerType, onMessage: OnMessage) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#type = type;
    this.#onMessage = onMessage;
    this.#accept();
  }

  /** Sends to everyone, as PUB does; who has gone is forgotten. */
  async sendToAll(frames: readonly Uint8Array[]): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.send(frames).catch(() => this.#forget(peer))));
  }

  close(): void {
    this.#listener.close();
    for (const peer of this.#peers) this.#forget(peer);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) this.#serve(connection);
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // closed
    }
  }

  /** A peer that does not speak ZMTP, or has ended, is no reason to stop serving the others. */
  async #serve(connection: Deno.TcpConn): Promise<void> {
    try {
      const peer = await ZmtpSocket.accept(connection, this.#type);
      this.#peers.add(peer);
      for await (const frames of peer) this.#onMessage(frames, peer);
      this.#forget(peer);
    } catch {
      connection[Symbol.dispose]();
    }
  }

  #forget(peer: ZmtpSocket): void {
    this.#peers.delete(peer);
    peer.close();
  }
}
