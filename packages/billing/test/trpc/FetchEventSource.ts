/** Implements with `fetch` the part of EventSource that tRPC uses, because Node 20 has no EventSource. */
export class FetchEventSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  readonly CONNECTING = 0
  readonly OPEN = 1
  readonly CLOSED = 2
  readyState = 0
  readonly #abort = new AbortController()
  constructor(url: string | URL, { headers = {} }: { headers?: Record<string, string> } = {}) {
    super()
    void this.#read(url, headers).catch(() => this.dispatchEvent(new Event('error')))
  }
  close() {
    this.readyState = this.CLOSED
    this.#abort.abort()
  }
  async #read(url: string | URL, headers: Record<string, string>) {
    const response = await fetch(url, { headers, signal: this.#abort.signal })
    this.readyState = this.OPEN
    this.dispatchEvent(new Event('open'))
    let buffer = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      buffer += chunk
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        const lines = buffer.slice(0, end).split('\n')
        buffer = buffer.slice(end + 2)
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? ''
        this.dispatchEvent(new MessageEvent(field('event') || 'message', { data: field('data') }))
      }
    }
  }
}
