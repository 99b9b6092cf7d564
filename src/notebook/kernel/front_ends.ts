import {
  type ConnectionFile,
  type JupyterMessage,
  JupyterWire,
  type MessageHeader,
  WireError,
} from "relay/notebook/kernel/jupyter_wire.ts";
import { Peers } from "relay/notebook/kernel/peers.ts";
import type { ZmtpSocket } from "relay/notebook/kernel/zmtp_socket.ts";

/** Channels by which front ends ask. */
export type RequestChannel = "shell" | "control" | "stdin";

/** A request as it came, with the connection that its answer goes to. */
export interface FrontEndRequest {
  readonly channel: RequestChannel;
  readonly message: JupyterMessage;
  readonly frames: readonly Uint8Array[];
  readonly peer: ZmtpSocket;
}

type Content = Readonly<Record<string, unknown>>;

/** The kernel's side of a connection file: everyone who asks, and what they are told. */
export class FrontEnds {
  readonly wire: JupyterWire;
  readonly #requests: readonly Peers[];
  readonly #stdin: Peers;
  readonly #iopub: Peers;
  readonly #heartbeat: Peers;

  /** Listens from now on. */
  constructor(connection: ConnectionFile, onRequest: (request: FrontEndRequest) => void) {
    this.wire = new JupyterWire(connection.key);
    const router = (channel: RequestChannel, port: number) =>
      new Peers(port, "ROUTER", (frames, peer) => {
        const message = this.#read(frames);
        if (message) onRequest({ channel, message, frames, peer });
      });
    this.#stdin = router("stdin", connection.stdin_port);
    this.#requests = [
      router("shell", connection.shell_port),
      router("control", connection.control_port),
      this.#stdin,
    ];
    this.#iopub = new Peers(connection.iopub_port, "PUB", () => {}); // subscriptions: everyone gets everything
    this.#heartbeat = new Peers(connection.hb_port, "REP", (frames, peer) => peer.send(frames));
  }

  /** Sends an output or a state to all, as caused by the request with the header given. */
  async publish(type: string, content: Content, parentHeader: Partial<MessageHeader>): Promise<void> {
    await this.pass(this.wire.pack(this.wire.compose(type, content, { parentHeader })));
  }

  /** Sends frames of iopub to all as they are. */
  async pass(frames: readonly Uint8Array[]): Promise<void> {
    await this.#iopub.sendToAll(frames);
  }

  /** The kernel's question to the user goes to all; only the one whose cell asks knows its parent. */
  async passQuestion(frames: readonly Uint8Array[]): Promise<void> {
    await this.#stdin.sendToAll(frames);
  }

  /** Shows text under a cell. */
  async print(parent: Partial<MessageHeader>, text: string, name: "stdout" | "stderr"): Promise<void> {
    await this.publish("stream", { name, text }, parent);
  }

  /** Answers a request. Who has gone meanwhile needs no answer. */
  async reply({ message: { header }, peer }: FrontEndRequest, content: Content): Promise<void> {
    const type = header.msg_type.replace("_request", "_reply");
    const frames = this.wire.pack(this.wire.compose(type, content, { parentHeader: header }));
    await peer.send(frames).catch(() => {});
  }

  close(): void {
    for (const port of [...this.#requests, this.#iopub, this.#heartbeat]) port.close();
  }

  /** A message that is not signed with our key is nobody's. */
  #read(frames: readonly Uint8Array[]): JupyterMessage | undefined {
    try {
      return this.wire.unpack(frames);
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  }
}
