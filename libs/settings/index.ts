export { loadSettings, readSettings, SettingsError } from './load.js';
export { Settings, variableOf } from './settings.js';
