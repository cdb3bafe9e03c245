import { crc32, deflateSync } from 'node:zlib'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A PNG file of a square picture: `rgb` holds three bytes a pixel, row by row. */
export function encodePng({ rgb, size }: { rgb: Uint8Array; size: number }): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header[8] = 8 // bits a channel
  header[9] = 2 // red, green, blue
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filterRows(rgb, size * 3), { level: 5 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

export const isPng = (bytes: Uint8Array) => signature.equals(bytes.subarray(0, signature.length))

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(data.length, 0)
  framed.set(named, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}

/** Writes each row as differences from its neighbours, by the one of PNG's four ways that leaves the smallest numbers. */
function filterRows(rgb: Uint8Array, stride: number): Uint8Array {
  const rows = rgb.length / stride
  const filtered = new Uint8Array(rgb.length + rows)
  const candidates = [1, 2, 3, 4].map((filter) => ({ filter, bytes: new Uint8Array(stride) }))
  for (let row = 0; row < rows; row++) {
    const at = row * stride
    let best = { filter: 0, bytes: rgb.subarray(at, at + stride), cost: Number.POSITIVE_INFINITY }
    for (const { filter, bytes } of candidates) {
      let cost = 0
      for (let i = 0; i < stride; i++) {
        const left = i < 3 ? 0 : (rgb[at + i - 3] ?? 0)
        const up = row === 0 ? 0 : (rgb[at + i - stride] ?? 0)
        const upLeft = i < 3 || row === 0 ? 0 : (rgb[at + i - stride - 3] ?? 0)
        const difference = ((rgb[at + i] ?? 0) - predict(filter, left, up, upLeft)) & 255
        bytes[i] = difference
        cost += difference < 128 ? difference : 256 - difference
      }
      if (cost < best.cost) best = { filter, bytes, cost }
    }
    filtered[row * (stride + 1)] = best.filter
    filtered.set(best.bytes, row * (stride + 1) + 1)
  }
  return filtered
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const estimate = left + up - upLeft
  const [toLeft, toUp, toUpLeft] = [
    Math.abs(estimate - left),
    Math.abs(estimate - up),
    Math.abs(estimate - upLeft),
  ]
  if (toLeft <= toUp && toLeft <= toUpLeft) return left
  return toUp <= toUpLeft ? up : upLeft
}
