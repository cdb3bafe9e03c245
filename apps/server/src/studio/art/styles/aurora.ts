import type { Brush } from '../paint.ts'
import { repeat, stops, svg, vertical } from '../svg.ts'

/** Draws curtains of light above a dark shore, mirrored in still water. */
export function paintAurora({ random, grain, hd, tone, noise }: Brush): string {
  const shore = random.between(372, 410)
  const width = hd ? 1.5 : 3
  const curtains = Array.from({ length: 4 }, (_, i) => ({
    seed: random.between(0, 90),
    foot: shore - 60 - i * random.between(28, 46),
  }))
  const rays = curtains.flatMap(({ seed, foot }, curtain) =>
    repeat(Math.ceil(512 / width), (i) => {
      const x = i * width
      const low = foot + 46 * noise(x / 170 + seed, seed) + 8 * noise(x / 40, seed)
      const light = (0.6 + 0.7 * noise(x / 80 + seed, 7)) * (0.75 + 0.35 * noise(x / 9, seed))
      const high = 90 + 190 * Math.max(0, 0.5 + 0.5 * noise(x / 60, seed + 3)) + 25 * noise(x / 8, curtain)
      return svg`<rect x="${x}" y="${low - high}" width="${width + 0.4}" height="${high}" fill="url(#ray${curtain % 2})" opacity="${Math.min(1, Math.max(0.04, light))}"/>`
    }),
  )
  const stars = repeat(
    hd ? 420 : 160,
    () =>
      svg`<circle cx="${grain.between(0, 512)}" cy="${grain.next() ** 1.3 * shore}" r="${0.35 + grain.next() ** 6 * 1.4}" opacity="${grain.between(0.25, 1)}"/>`,
  )
  const bank = (lift: number, rough: number) =>
    repeat(
      hd ? 257 : 129,
      (i) =>
        svg`L${i * (hd ? 2 : 4)} ${shore - lift - rough * Math.abs(noise(i * (hd ? 0.01 : 0.02) + rough, lift)) - grain.next() ** 2 * 9}`,
    )

  return svg`<defs>${vertical('sky', stops([0, tone(0)], [0.6, tone(0.08)], [1, tone(0.22)]))}
${vertical('ray0', stops([0, tone(0.4), 0], [0.4, tone(0.5), 0.4], [0.78, tone(0.66), 1], [0.86, tone(0.8), 0.9], [1, tone(0.6), 0]))}
${vertical('ray1', stops([0, tone(0.3), 0], [0.5, tone(0.4), 0.6], [0.8, tone(0.55), 1], [1, tone(0.45), 0]))}
${vertical('water', stops([0, tone(0), 0.1], [1, tone(0), 0.7]))}
<filter id="soft" x="-.05" y="-.05" width="1.1" height="1.1"><feGaussianBlur stdDeviation="${hd ? 1.1 : 2}"/></filter>
<clipPath id="lake"><rect y="${shore}" width="512" height="512"/></clipPath>
<g id="scene"><rect width="512" height="512" fill="url(#sky)"/><g fill="${tone(1)}">${stars}</g>
<g filter="url(#soft)" style="mix-blend-mode:screen">${rays}</g>
<path fill="${tone(0.1)}" d="M0 ${shore}${bank(12, 92)}V${shore}Z"/><path fill="${tone(0.03)}" d="M0 ${shore}${bank(1, 24)}V${shore}Z"/></g></defs>
<use href="#scene"/><g clip-path="url(#lake)"><use href="#scene" transform="matrix(1 0 0 -1 0 ${shore * 2})"/>
<rect y="${shore}" width="512" height="${512 - shore}" fill="url(#water)"/></g>`
}
