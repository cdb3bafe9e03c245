import { SaxesParser } from 'saxes'
import { expect, test } from 'vitest'
import { paint } from '../src/studio/art/paint.ts'
import { readPrompt, type Style } from '../src/studio/art/subject.ts'

const styles: Style[] = ['aurora', 'bloom', 'flow', 'orbs', 'ridges']
const request = { prompt: 'a quiet harbour at dawn', index: 0, hd: false }

/** Parses a picture. Throws if the picture is not well-formed XML. */
function parse({ svg }: { svg: string }) {
  const elements: { name: string; attributes: Record<string, string> }[] = []
  let title = ''
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => elements.push({ name, attributes }))
  parser.on('text', (text) => {
    if (elements.at(-1)?.name === 'title') title += text
  })
  parser.write(svg).close()
  return { elements, root: elements[0]?.attributes, title }
}

test.each(styles)(
  'draws the style %s as well-formed XML, and at twice the width and with more detail in HD',
  (style) => {
    const index = styles.findIndex((_, i) => readPrompt('', i).style === style)
    const [standard, hd] = [false, true].map((hd) => parse(paint({ prompt: '', index, hd })))
    expect(standard?.root).toMatchObject({ width: '512', height: '512', viewBox: '0 0 512 512' })
    expect(hd?.root).toMatchObject({ width: '1024', height: '1024', viewBox: '0 0 512 512' })
    const sizes = [false, true].map((hd) => paint({ prompt: '', index, hd }).svg.length)
    expect(sizes[1]).toBeGreaterThan((sizes[0] ?? 0) * 1.2)
    expect(sizes[1]).toBeLessThan(500_000)
  },
)

test('draws the same picture for the same request and a different picture for any other request', () => {
  const { svg } = paint(request)
  expect(paint({ ...request })).toEqual({ svg, size: 512 })
  for (const other of [{ index: 1 }, { prompt: 'a quiet harbour at dusk' }, { hd: true }]) {
    expect(paint({ ...request, ...other }).svg).not.toBe(svg)
  }
})

test('escapes the prompt', () => {
  const prompt = `</title><script>alert(1)</script>&amp;"'\f\0\v\uffff\ud800 👩‍🚀`
  const { elements, title } = parse(paint({ ...request, prompt }))
  expect(title).toBe(`</title><script>alert(1)</script>&amp;"'   👩‍🚀`)
  expect(elements.map(({ name }) => name)).not.toContain('script')
})

test('creates pictures without scripts, links or references to other files', () => {
  for (const index of styles.keys()) {
    const { elements } = parse(paint({ ...request, index }))
    for (const { name, attributes } of elements) {
      expect(['script', 'a', 'image', 'foreignObject', 'style']).not.toContain(name)
      for (const [attribute, value] of Object.entries(attributes)) {
        expect(attribute).not.toMatch(/^on/)
        if (attribute === 'href') expect(value).toMatch(/^#/)
        if (value.includes('url(')) expect(value).toMatch(/^url\(#\w+\)$/)
      }
    }
  }
})
