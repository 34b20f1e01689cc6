import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SAMPLE_TENANT } from '../../test/support/sample-pages.ts'
import { brandStylesheet } from './brand.ts'

const stylesheet = (accentColour: string | undefined) =>
  brandStylesheet({ ...SAMPLE_TENANT, accentColour })

test('takes the colour as it is when it can be read on white', () => {
  expect(stylesheet('#0b6e4f')).toContain('--accent-light: #0b6e4f;')
})

test('takes the short form', () => {
  expect(stylesheet('#06c')).toContain('--accent-light: #0066cc;')
})

test.each([
  undefined,
  '',
  'red',
  '#12345',
  '#0b6e4f;} body{display:none',
  'url(https://evil.example)',
  '#ggg',
])('sets nothing for %j', (colour) => {
  expect(stylesheet(colour)).toBe('')
})

test('WCAG 2.2 §1.4.3: every colour becomes one that can be read in both schemes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffff }), (value) => {
      const css = stylesheet(`#${value.toString(16).padStart(6, '0')}`)
      const [light = '', dark = ''] = css.match(/#[0-9a-f]{6}/g) ?? []
      expect(contrast(light, '#ffffff')).toBeGreaterThanOrEqual(4.5)
      expect(contrast(dark, '#1b1f26')).toBeGreaterThanOrEqual(4.5)
    }),
  )
})

/** WCAG's formula on hexadecimal colours, written a second time on purpose. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, index) => {
      const part = Number.parseInt(hex.slice(1 + 2 * index, 3 + 2 * index), 16) / 255
      return sum + weight * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    }, 0.05)
  return Math.max(luminance(a), luminance(b)) / Math.min(luminance(a), luminance(b))
}
