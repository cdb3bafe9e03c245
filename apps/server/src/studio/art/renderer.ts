import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import type { PictureOrder } from './paint.ts'

/** Paints on threads of its own; pictures wait their turn for a thread. */
export interface Renderer extends AsyncDisposable {
  paint(order: PictureOrder): Promise<Uint8Array>
}

interface Job {
  order: PictureOrder
  resolve: (png: Uint8Array) => void
  reject: (error: Error) => void
}

/** @param threads How many pictures at a time; default: all cores but one, which the server keeps. */
export function createRenderer({ threads = Math.max(1, availableParallelism() - 1) } = {}): Renderer {
  // The same order is the same picture: those asked for together, or again soon, are painted once.
  const recent = new Map<string, Promise<Uint8Array>>()
  const waiting: Job[] = []
  const working = new Map<Worker, Job>()
  const idle: Worker[] = []

  function assign() {
    while (waiting.length && (idle.length || working.size < threads)) {
      const worker = idle.pop() ?? start()
      const job = waiting.shift()
      if (!job) return
      working.set(worker, job)
      worker.ref()
      worker.postMessage(job.order)
    }
  }

  function start(): Worker {
    const worker = startThread()
    worker.on('message', (message) => {
      const job = working.get(worker)
      working.delete(worker)
      // An idle thread does not keep the process alive.
      worker.unref()
      idle.push(worker)
      job?.resolve(z.instanceof(Uint8Array).parse(message))
      assign()
    })
    const lose = (error: Error) => {
      const job = working.get(worker)
      working.delete(worker)
      if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1)
      job?.reject(error)
      assign()
    }
    worker.on('error', lose)
    worker.on('exit', () => lose(new Error('the painting thread ended')))
    return worker
  }

  const begin = (order: PictureOrder) =>
    new Promise<Uint8Array>((resolve, reject) => {
      waiting.push({ order, resolve, reject })
      assign()
    })

  return {
    paint(order) {
      const name = JSON.stringify([order.prompt, order.index, order.size])
      const known = recent.get(name)
      if (known) return known
      const picture = begin(order)
      recent.set(name, picture)
      picture.catch(() => recent.delete(name))
      const [oldest] = recent.keys()
      if (recent.size > remembered && oldest !== undefined) recent.delete(oldest)
      return picture
    },
    async [Symbol.asyncDispose]() {
      for (const { reject } of waiting.splice(0)) reject(new Error('the server is stopping'))
      await Promise.all([...idle, ...working.keys()].map((worker) => worker.terminate()))
    },
  }
}

const remembered = 32

/** From source a thread first needs what reads TypeScript; the build puts plain JavaScript beside `main.js`. */
function startThread(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('renderWorker.js', import.meta.url))
  const loader = import.meta.resolve('tsx/esm/api')
  const thread = new URL('renderWorker.ts', import.meta.url).href
  const load = `import('${loader}').then(({ tsImport }) => tsImport('${thread}', '${thread}'))`
  return new Worker(load, { eval: true })
}
