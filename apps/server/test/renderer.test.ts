import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { paint } from '../src/studio/art/paint.ts'
import { encodePng } from '../src/studio/art/png.ts'
import { createRenderer } from '../src/studio/art/renderer.ts'
import { readPrompt, styles } from '../src/studio/art/subject.ts'
import { decodePng } from './decodePng.ts'

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('a PNG holds exactly the pixels that went in, whichever way its rows were written', () => {
  const size = 64
  const rgb = Uint8Array.from(
    { length: size * size * 3 },
    (_, i) => (i * i * 7 + (i % 13) * 40 + i / 90) & 255,
  )
  expect(decodePng(encodePng({ rgb, size }))).toEqual({ width: size, height: size, rgb })
})

test('every style paints a picture of the size asked for, with more than a few tones', () => {
  for (const style of styles) {
    const prompt = { prompt: style, index: 0, size: 96 }
    const found = [0, 1, 2, 3, 4, 5, 6].find((index) => readPrompt(style, index).style === style)
    const { width, height, rgb } = decodePng(paint({ ...prompt, index: found ?? 0 }))
    expect({ style, width, height }).toEqual({ style, width: 96, height: 96 })
    expect(new Set(rgb).size, style).toBeGreaterThan(40)
  }
})

test('the same prompt gives the same picture, another prompt another', () => {
  const order = { prompt: 'a quiet harbour at dawn', index: 0, size: 64 }
  expect(digest(paint(order))).toBe(digest(paint(order)))
  expect(digest(paint({ ...order, index: 1 }))).not.toBe(digest(paint(order)))
  expect(digest(paint({ ...order, prompt: 'a quiet harbour at dusk' }))).not.toBe(digest(paint(order)))
})

test('pictures are painted off the main thread, which goes on meanwhile', async () => {
  await using renderer = createRenderer({ threads: 1 })
  const order = { prompt: 'mountains', index: 0, size: 256 }
  let turns = 0
  const counting = setInterval(() => turns++, 0)
  const pngs = await Promise.all([renderer.paint(order), renderer.paint({ ...order, index: 1 })])
  clearInterval(counting)
  expect(turns).toBeGreaterThan(5)
  expect(pngs.map(digest)).toEqual([digest(paint(order)), digest(paint({ ...order, index: 1 }))])
})

test('the same picture asked for many times at once is painted once', async () => {
  await using renderer = createRenderer({ threads: 1 })
  const order = { prompt: 'mountains', index: 0, size: 64 }
  const [first, ...others] = await Promise.all(Array.from({ length: 50 }, () => renderer.paint({ ...order })))
  for (const other of others) expect(other).toBe(first)
  expect(await renderer.paint({ ...order, index: 1 })).not.toEqual(first)
})

test('a picture that waits when the server stops is given up with a reason', async () => {
  const renderer = createRenderer({ threads: 1 })
  const orders = [0, 1].map((index) => renderer.paint({ prompt: 'mountains', index, size: 512 }))
  const ended = Promise.allSettled(orders)
  await renderer[Symbol.asyncDispose]()
  expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('an idle thread does not keep the process alive', async () => {
  const renderer = fileURLToPath(new URL('../src/studio/art/renderer.ts', import.meta.url))
  const script = `import { createRenderer } from ${JSON.stringify(renderer)}
    createRenderer().paint({ prompt: 'x', index: 0, size: 16 }).then((png) => console.log(png.length > 100))`
  const child = spawn(process.execPath, [
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '-e',
    script,
  ])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  const [code] = await once(child, 'exit')
  expect({ code, output }).toEqual({ code: 0, output: 'true\n' })
})
