import type { Brush } from '../paint.ts'
import { radial, repeat, stops, svg, vertical } from '../svg.ts'

/** Draws petals at intervals of the golden angle. */
export function paintBloom({ random, grain, hd, tone }: Brush): string {
  const [count, spread, slim] = [130 + random.whole(90), random.between(1, 1.25), random.between(0.2, 0.42)]
  const [x, y, start] = [random.between(215, 297), random.between(215, 297), random.between(0, 360)]
  const petal = (i: number) => {
    const age = 1 - i / count
    const [length, reach] = [(34 + 150 * age ** 0.8) * spread, 70 * age ** 0.7 * spread]
    const w = length * slim * (0.75 + 0.5 * age)
    const veins = hd
      ? repeat(
          5,
          (v) =>
            svg`<path d="M0 0Q${w * 0.4 * (v - 2)} ${-length * 0.5} ${w * 0.17 * (v - 2)} ${-length * 0.93}" fill="none" stroke="${tone(1)}" stroke-width=".5" opacity=".35"/>`,
        )
      : []
    return svg`<g transform="rotate(${start + i * 137.508})translate(0 ${-reach})"><path d="M0 0C${-w} ${-length * 0.35} ${-w} ${-length * 0.8} 0 ${-length}C${w} ${-length * 0.8} ${w} ${-length * 0.35} 0 0" fill="url(#p${Math.round(age * 11)})" stroke="${tone(0.05)}" stroke-opacity=".25" stroke-width=".7"/>${veins}</g>`
  }
  const fills = repeat(12, (i) =>
    vertical(
      `p${i}`,
      stops(
        [0, tone(1 - 0.03 * i)],
        [0.3, tone(0.86 - 0.035 * i)],
        [0.7, tone(0.6 - 0.03 * i)],
        [1, tone(0.22 - 0.01 * i)],
      ),
    ),
  )
  const lights = repeat(
    hd ? 90 : 36,
    () =>
      svg`<circle cx="${grain.between(0, 512)}" cy="${grain.between(0, 512)}" r="${2 + 22 * grain.next() ** 3}" fill="${tone(grain.between(0.4, 0.9))}" opacity="${grain.between(0.05, 0.28)}"/>`,
  )
  const seeds = repeat(hd ? 170 : 80, (i) => {
    const [angle, far] = [i * 2.39996, Math.sqrt(i / (hd ? 170 : 80)) * 26 * spread]
    return svg`<circle cx="${Math.cos(angle) * far}" cy="${Math.sin(angle) * far}" r="${hd ? 1.5 : 2.1}" fill="${tone(0.55 + 0.45 * grain.next())}"/>`
  })
  return svg`<defs>${radial('back', stops([0, tone(0.45)], [0.6, tone(0.16)], [1, tone(0.03)]), 'r=".75"')}${fills}
<filter id="shade" x="-.2" y="-.2" width="1.4" height="1.4"><feDropShadow dx="0" dy="6" stdDeviation="10" flood-color="${tone(0)}" flood-opacity=".6"/></filter></defs>
<rect width="512" height="512" fill="url(#back)"/>${lights}<g transform="translate(${x} ${y})"><g filter="url(#shade)">${repeat(count, petal)}</g>
<circle r="${28 * spread}" fill="${tone(0.18)}"/>${seeds}</g>`
}
