/** Red, green, blue in linear light, 0 … 1: colours add and mix here as light does. */
export type Color = readonly [number, number, number]

const linear = (channel: number) =>
  channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
const gamma = (channel: number) =>
  channel <= 0.0031308 ? channel * 12.92 : 1.055 * channel ** (1 / 2.4) - 0.055

/** `#rrggbb` */
export function fromHex(hex: string): Color {
  const value = Number.parseInt(hex.slice(1), 16)
  return [
    linear(((value >> 16) & 255) / 255),
    linear(((value >> 8) & 255) / 255),
    linear((value & 255) / 255),
  ]
}

export const mix = (a: Color, b: Color, t: number): Color => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
]

export const scale = (color: Color, by: number): Color => [color[0] * by, color[1] * by, color[2] * by]

export const luminance = (color: Color) => 0.2126 * color[0] + 0.7152 * color[1] + 0.0722 * color[2]

/** Colours along a way through `stops`, 0 … 1, even to the eye (mixed in OKLab). */
export function createRamp(stops: readonly [Color, ...Color[]]): (t: number) => Color {
  const labs = stops.map(toOklab)
  const table: Color[] = Array.from({ length: 512 }, (_, i) => {
    const at = (i / 511) * (labs.length - 1)
    const from = labs[Math.floor(at)] ?? toOklab(stops[0])
    const to = labs[Math.min(labs.length - 1, Math.floor(at) + 1)] ?? from
    return fromOklab(mix(from, to, at - Math.floor(at)))
  })
  return (t) => table[Math.max(0, Math.min(511, Math.round(t * 511)))] ?? stops[0]
}

/** Turns a colour around the colour circle. */
export function turnHue(color: Color, radians: number): Color {
  const [l, a, b] = toOklab(color)
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)]
  return fromOklab([l, a * cos - b * sin, a * sin + b * cos])
}

function toOklab([r, g, b]: Color): Color {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

function fromOklab([lightness, a, b]: Color): Color {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    Math.max(0, 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    Math.max(0, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    Math.max(0, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

const steps = 4096
const encoded = Float32Array.from({ length: steps + 1 }, (_, i) => gamma(i / steps) * 255)

/** Linear light to the 0 … 255 of a file, not yet rounded. */
export const encode = (channel: number) =>
  encoded[Math.max(0, Math.min(steps, Math.round(channel * steps)))] ?? 0
