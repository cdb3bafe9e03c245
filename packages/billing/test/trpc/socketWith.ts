import { type ClientOptions, WebSocket } from 'ws'

/** Returns a WebSocket class for tRPC's client that sends these headers when it connects. */
export const socketWith = (headers: Record<string, string>) =>
  class extends WebSocket {
    constructor(address: string, protocols?: string | string[], options?: ClientOptions) {
      super(address, protocols, { ...options, headers })
    }
    // The cast is safe, because tRPC's client uses only members that both classes have.
  } as unknown as typeof globalThis.WebSocket
