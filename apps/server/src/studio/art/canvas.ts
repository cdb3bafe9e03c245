import { type Color, encode } from './color.ts'
import { distance } from './noise.ts'
import type { Random } from './random.ts'

/**
 * A square of light. Places are 0 … 1 from the left and the top, so that a picture looks the same at every size; `pixel` is one
 * pixel's width in that measure, for edges as sharp as the size allows.
 */
export class Canvas {
  readonly pixel: number
  private readonly light: Float32Array

  constructor(readonly size: number) {
    this.pixel = 1 / size
    this.light = new Float32Array(size * size * 3)
  }

  /** Works a height out once for each column of pixels, for silhouettes. */
  perColumn(height: (x: number) => number): (x: number) => number {
    const heights = Float64Array.from({ length: this.size }, (_, column) =>
      height((column + 0.5) * this.pixel),
    )
    return (x) => heights[Math.min(this.size - 1, Math.max(0, Math.floor(x * this.size)))] ?? 0
  }

  /**
   * A slow and smooth function, looked up on a grid of `cells` and straight between its points. Fine enough for whatever changes
   * over many cells, and much cheaper than asking at every pixel.
   */
  field(cells: number, value: (x: number, y: number) => number): (x: number, y: number) => number {
    const across = cells + 2
    const points = new Float32Array(across * across)
    for (let row = 0; row < across; row++) {
      for (let column = 0; column < across; column++) {
        points[row * across + column] = value(column / cells, row / cells)
      }
    }
    return (x, y) => {
      const u = Math.max(0, Math.min(cells, x * cells))
      const v = Math.max(0, Math.min(cells, y * cells))
      const column = Math.floor(u)
      const row = Math.floor(v)
      const at = row * across + column
      const fx = u - column
      const fy = v - row
      const top = (points[at] ?? 0) * (1 - fx) + (points[at + 1] ?? 0) * fx
      const bottom = (points[at + across] ?? 0) * (1 - fx) + (points[at + across + 1] ?? 0) * fx
      return top * (1 - fy) + bottom * fy
    }
  }

  /** Gives every pixel its colour. */
  fill(shade: (x: number, y: number) => Color) {
    let at = 0
    for (let row = 0; row < this.size; row++) {
      for (let column = 0; column < this.size; column++) {
        const color = shade((column + 0.5) * this.pixel, (row + 0.5) * this.pixel)
        this.light[at++] = color[0]
        this.light[at++] = color[1]
        this.light[at++] = color[2]
      }
    }
  }

  /** Lays `color` over every pixel as thick as `cover` says, 0 … 1. */
  cover(color: Color | ((x: number, y: number) => Color), cover: (x: number, y: number) => number) {
    this.coverWithin([0, 0, 1, 1], color, cover)
  }

  /** `cover`, for pixels within the box [left, top, right, bottom] alone. */
  coverWithin(
    [left, top, right, bottom]: readonly [number, number, number, number],
    color: Color | ((x: number, y: number) => Color),
    cover: (x: number, y: number) => number,
  ) {
    const { size, pixel, light } = this
    const lastRow = Math.min(size - 1, Math.ceil(bottom * size))
    const lastColumn = Math.min(size - 1, Math.ceil(right * size))
    for (let row = Math.max(0, Math.floor(top * size)); row <= lastRow; row++) {
      const y = (row + 0.5) * pixel
      for (let column = Math.max(0, Math.floor(left * size)); column <= lastColumn; column++) {
        const x = (column + 0.5) * pixel
        const amount = cover(x, y)
        if (amount <= 0) continue
        const over = typeof color === 'function' ? color(x, y) : color
        const at = (row * size + column) * 3
        for (let channel = 0; channel < 3; channel++) {
          const below = light[at + channel] ?? 0
          light[at + channel] = below + ((over[channel] ?? 0) - below) * amount
        }
      }
    }
  }

  disc(disc: {
    x: number
    y: number
    radius: number
    color: Color | ((x: number, y: number) => Color)
    opacity?: number
    softness?: number
  }) {
    const { x, y, radius, color, opacity = 1, softness = this.pixel } = disc
    const reach = radius + softness
    this.coverWithin([x - reach, y - reach, x + reach, y + reach], color, (px, py) => {
      const inside = (radius - distance(px - x, py - y)) / softness + 0.5
      return inside <= 0 ? 0 : Math.min(1, inside) * opacity
    })
  }

  /** A round-ended stroke from one place to another. */
  stroke(stroke: {
    from: readonly [number, number]
    to: readonly [number, number]
    width: number
    color: Color
    opacity?: number
  }) {
    const {
      from: [ax, ay],
      to: [bx, by],
      width,
      color,
      opacity = 1,
    } = stroke
    const reach = width / 2 + this.pixel
    const box = [
      Math.min(ax, bx) - reach,
      Math.min(ay, by) - reach,
      Math.max(ax, bx) + reach,
      Math.max(ay, by) + reach,
    ] as const
    const [dx, dy] = [bx - ax, by - ay]
    const length2 = dx * dx + dy * dy || 1e-12
    this.coverWithin(box, color, (px, py) => {
      const along = Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length2))
      const inside = (width / 2 - distance(px - ax - along * dx, py - ay - along * dy)) * this.size + 0.5
      return inside <= 0 ? 0 : Math.min(1, inside) * opacity
    })
  }

  /** Eight-bit red, green, blue, row by row; a breath of grain hides the steps between neighbouring tones. */
  toRgb(random: Random): Uint8Array {
    const bytes = new Uint8Array(this.light.length)
    for (let at = 0; at < bytes.length; at += 3) {
      const grain = (random.next() - 0.5) * 1.2
      for (let channel = at; channel < at + 3; channel++) {
        bytes[channel] = Math.max(0, Math.min(255, Math.round(encode(this.light[channel] ?? 0) + grain)))
      }
    }
    return bytes
  }
}
