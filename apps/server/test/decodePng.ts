import { crc32, inflateSync } from 'node:zlib'

/** Reads a PNG as a strict reader would (checksums, lengths, filters), independently of how it was written. */
export function decodePng(bytes: Uint8Array): { width: number; height: number; rgb: Uint8Array } {
  const png = Buffer.from(bytes)
  if (png.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('not a PNG')
  const data: Buffer[] = []
  const types: string[] = []
  let at = 8
  while (at < png.length) {
    const length = png.readUInt32BE(at)
    const named = png.subarray(at + 4, at + 8 + length)
    if (png.readUInt32BE(at + 8 + length) !== crc32(named)) throw new Error('a checksum is wrong')
    const type = named.toString('latin1', 0, 4)
    types.push(type)
    if (type === 'IDAT') data.push(named.subarray(4))
    at += 12 + length
  }
  if (types[0] !== 'IHDR' || types.at(-1) !== 'IEND') throw new Error(`chunks out of order: ${types}`)
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  if (png[24] !== 8 || png[25] !== 2) throw new Error('not eight-bit RGB')
  const rows = inflateSync(Buffer.concat(data))
  const stride = width * 3
  if (rows.length !== height * (stride + 1)) throw new Error('rows are missing')
  const rgb = new Uint8Array(height * stride)
  for (let row = 0; row < height; row++) {
    const filter = rows[row * (stride + 1)] ?? 0
    for (let i = 0; i < stride; i++) {
      const here = row * stride + i
      const left = i < 3 ? 0 : (rgb[here - 3] ?? 0)
      const up = row ? (rgb[here - stride] ?? 0) : 0
      const corner = row && i >= 3 ? (rgb[here - stride - 3] ?? 0) : 0
      rgb[here] = (rows[row * (stride + 1) + 1 + i] ?? 0) + predicted(filter, left, up, corner)
    }
  }
  return { width, height, rgb }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return Math.floor((left + up) / 2)
  if (filter !== 4) throw new Error(`there is no filter ${filter}`)
  const guess = left + up - corner
  const near = [left, up, corner].sort((a, b) => Math.abs(guess - a) - Math.abs(guess - b))
  return near[0] ?? 0
}
