import { parentPort } from 'node:worker_threads'
import { type PictureOrder, paint } from './paint.ts'

// A thread of its own: a large picture takes half a second of pure computing, and the server must go on answering meanwhile.
parentPort?.on('message', (order: PictureOrder) => {
  const png = new Uint8Array(paint(order))
  parentPort?.postMessage(png, [png.buffer])
})
