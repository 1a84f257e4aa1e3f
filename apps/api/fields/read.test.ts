import { expect, test } from '@jest/globals';
import { Optional, OptionalNested, Required, objectSchema } from './field.js';
import { InputErrors, readFields } from './read.js';
import { amount, id } from './rules.js';

class Inner {
  @Optional(amount)
  readonly size?: string;
}

class Outer {
  @Required(id())
  readonly name!: string;

  @OptionalNested(Inner)
  readonly inner?: Inner;
}

class Wider extends Outer {
  @Optional(amount)
  readonly more?: string;
}

function errorsOf(given: unknown): readonly string[] {
  const errors = new InputErrors();
  const values = readFields(Wider, given, { pointer: '/data', errors });
  expect(values === undefined).toBe(errors.count > 0);
  return errors.list.map(({ pointer, detail }) => `${pointer} ${detail.split(':')[0] ?? ''}`);
}

test('a good request is read with the fields of the class it extends', () => {
  const errors = new InputErrors();
  const values = readFields(Wider, { name: 'a', inner: { size: '1' }, more: '2' }, { pointer: '', errors });
  expect(values).toMatchObject({ name: 'a', inner: { size: '1' }, more: '2' });
  expect(errors.list).toEqual([]);
});

test('whatever is wrong is named by its pointer', () => {
  expect(errorsOf({})).toEqual(['/data/name is required, and must be an id']);
  expect(errorsOf({ name: 'a', more: null })).toEqual(['/data/more must be an amount']);
  expect(errorsOf({ name: 'a', inner: { size: 1 } })).toEqual(['/data/inner/size must be an amount']);
  expect(errorsOf({ name: 'a', inner: [] })).toEqual(['/data/inner must be an object']);
  expect(errorsOf({ name: 'a', 'x/y~z': 1 })).toEqual(['/data/x~1y~0z is not a field of this request']);
  for (const given of [undefined, null, 5, 'a', []]) expect(errorsOf(given)).toEqual(['/data must be an object']);
});

test('__proto__ and names that every object has are unknown fields', () => {
  expect(errorsOf(JSON.parse('{"name":"a","__proto__":{"more":"1"}}'))).toEqual([
    '/data/__proto__ is not a field of this request',
  ]);
  expect(errorsOf({ name: 'a', constructor: 1, toString: 2 })).toHaveLength(2);
});

test('a hundred errors are told, and more are still errors', () => {
  const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`f${i}`, i]));
  expect(errorsOf({ name: 'a', ...many })).toHaveLength(100);
});

test('the schema says what the rules say', () => {
  expect(objectSchema(Wider, ['name'])).toMatchObject({
    type: 'object',
    properties: { inner: { properties: { size: { type: 'string' } } }, more: { type: 'string' } },
    additionalProperties: false,
  });
  expect(objectSchema(Wider)).toMatchObject({ required: ['name'] });
});
