// The OpenAPI document, with its references followed.

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const places = ['path', 'query', 'header'];

export class ApiDocument {
  constructor(json) {
    this.json = json;
  }

  static async load() {
    const answer = await fetch('/openapi.json', { headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return new ApiDocument(await answer.json());
  }

  // What a reference names; a description beside the reference wins over the one behind it.
  resolve(value) {
    if (value?.$ref === undefined) return value;
    const found = value.$ref.slice(2).split('/').reduce((at, key) => at[key], this.json);
    return value.description === undefined ? found : { ...found, description: value.description };
  }

  name_of(value) {
    return value?.$ref?.slice(value.$ref.lastIndexOf('/') + 1);
  }

  // [{tag, operations}] in the order of the document.
  groups() {
    const all = this.#operations();
    return this.json.tags
      .map((tag) => ({ tag, operations: all.filter((each) => each.tags[0] === tag.name) }))
      .filter((group) => group.operations.length > 0);
  }

  #operations() {
    return Object.entries(this.json.paths).flatMap(([path, item]) =>
      methods
        .filter((method) => item[method])
        .map((method) => ({
          ...item[method],
          id: item[method].operationId,
          method: method.toUpperCase(),
          path,
          parameters: this.#parameters(item, item[method]),
          responses: Object.entries(item[method].responses).map(([status, each]) => ({ status, ...this.resolve(each) })),
          is_open: (item[method].security ?? this.json.security ?? []).length === 0,
        })),
    );
  }

  #parameters(item, operation) {
    const all = [...(operation.parameters ?? []), ...(item.parameters ?? [])].map((each) => this.resolve(each));
    return places.flatMap((place) => all.filter((each) => each.in === place));
  }

  // The shapes of objects that a value may have: of itself, of its items, or of each alternative.
  shapes_of(schema) {
    const found = new Map();
    const look = (value, name) => {
      const resolved = this.resolve(value) ?? {};
      const known = this.name_of(value) ?? name;
      if (resolved.properties && Object.keys(resolved.properties).length > 0) {
        found.set(resolved.properties, { name: known, schema: resolved });
      }
      if (resolved.items) look(resolved.items);
      for (const each of resolved.oneOf ?? []) look(each);
    };
    look(schema);
    return [...found.values()];
  }

  // The names of all fields, those within fields included.
  field_names_of(schema, seen = new Set()) {
    return this.shapes_of(schema).flatMap(({ schema: { properties } }) => {
      if (seen.has(properties)) return [];
      seen.add(properties);
      return Object.entries(properties).flatMap(([name, each]) => [name, ...this.field_names_of(each, seen)]);
    });
  }

  // The type in a few words: `array of Message`, `string | null`.
  type_of(schema) {
    const value = this.resolve(schema) ?? {};
    if (value.title) return value.title;
    if ('const' in value) return JSON.stringify(value.const);
    if (value.oneOf) return [...new Set(value.oneOf.map((each) => this.type_of(each)))].join(' | ');
    if (value.type === 'array') return `array of ${this.type_of(value.items ?? {})}`;
    if (value.type === 'object' && schema.$ref) return this.name_of(schema);
    if (value.type) return [].concat(value.type).join(' | ');
    if (value.enum) return value.enum.map((each) => JSON.stringify(each)).join(' | ');
    return 'any';
  }

  // Bounds and defaults, each a few words.
  facts_of(schema) {
    const value = this.resolve(schema) ?? {};
    const facts = [];
    const { minimum, maximum } = value;
    if (minimum !== undefined && minimum === maximum) facts.push(`${minimum}`);
    else if (minimum !== undefined && maximum !== undefined) facts.push(`${minimum} to ${maximum}`);
    else if (minimum !== undefined) facts.push(`at least ${minimum}`);
    else if (maximum !== undefined) facts.push(`at most ${maximum}`);
    if (value.exclusiveMinimum !== undefined) facts.push(`more than ${value.exclusiveMinimum}`);
    if (value.exclusiveMaximum !== undefined) facts.push(`less than ${value.exclusiveMaximum}`);
    if (value.minLength === 1) facts.push('not empty');
    if (value.minItems) facts.push(`at least ${value.minItems}`);
    if (value.maxItems !== undefined) facts.push(`at most ${value.maxItems}`);
    if (value.format) facts.push(value.format);
    if (value.pattern) facts.push(`fits ${value.pattern}`);
    if (value.default !== undefined) facts.push(`default ${JSON.stringify(value.default)}`);
    return facts;
  }

  // The words that a string may be, of itself or of its items.
  words_of(schema) {
    const value = this.resolve(schema) ?? {};
    if (value.type === 'string' && value.enum) return value.enum;
    if (value.items) return this.words_of(value.items);
    return [...new Set((value.oneOf ?? []).flatMap((each) => this.words_of(each)))];
  }
}
