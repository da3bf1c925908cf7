# Validate a document against a JSON schema; gives what is wrong, one line each:
#     jq -r -L DIRECTORY --slurpfile schema FILE 'include "schema"; wrong($schema[0])'
# Only the keywords our schemas use; an unknown one is an error, not ignored.

def type_name: if type == "number" and floor == . then "integer" else type end;

def is_type($wanted):
  type_name as $is
  | [$wanted] | flatten
  | any(. == $is or (. == "number" and $is == "integer"));

def check($schema; $path):
  . as $value
  | ($schema | keys_unsorted[]) as $keyword
  | $schema[$keyword] as $rule
  | if $keyword | IN("$schema", "title", "description") then empty
    elif $keyword == "type" then
      select(is_type($rule) | not) | "\($path): is \(type_name), not \($rule)"
    elif $keyword == "const" then select(. != $rule) | "\($path): is \(.), not \($rule)"
    elif $keyword == "enum" then
      select(. as $v | $rule | index([$v]) | not) | "\($path): is \(.), not of \($rule)"
    elif $keyword == "pattern" then
      select(type == "string") | select(test($rule) | not) | "\($path): \(.) does not match \($rule)"
    elif $keyword == "minLength" then
      select(type == "string" and length < $rule) | "\($path): is too short"
    elif $keyword == "minimum" then
      select(type == "number" and . < $rule) | "\($path): is less than \($rule)"
    elif $keyword == "maximum" then
      select(type == "number" and . > $rule) | "\($path): is more than \($rule)"
    elif $keyword == "required" then
      select(type == "object") | ($rule - keys)[] | "\($path): lacks \(.)"
    elif $keyword == "additionalProperties" and $rule == false then
      select(type == "object") | (keys - ($schema.properties | keys))[] | "\($path): has \(.), which is unknown"
    elif $keyword == "properties" then
      select(type == "object") | (keys - (keys - ($rule | keys)))[] as $key
      | $value[$key] | check($rule[$key]; "\($path).\($key)")
    elif $keyword == "items" then
      select(type == "array") | range(length) as $i | $value[$i] | check($rule; "\($path)[\($i)]")
    else "schema.jq does not know the keyword \($keyword)"
    end;

def wrong($schema): check($schema; "");
