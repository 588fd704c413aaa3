package dosim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// apiError is an answer of DigitalOcean's error shape.
type apiError struct {
	status      int
	id, message string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.id, e.message) }

func badRequest(message string) *apiError {
	return &apiError{status: http.StatusBadRequest, id: "bad_request", message: message}
}

func unauthorized() *apiError {
	return &apiError{status: http.StatusUnauthorized, id: "unauthorized", message: "Unable to authenticate you."}
}

func forbidden(message string) *apiError {
	return &apiError{status: http.StatusForbidden, id: "forbidden", message: message}
}

func notFound() *apiError {
	return &apiError{status: http.StatusNotFound, id: "not_found", message: "The resource you requested could not be found."}
}

func conflict(message string) *apiError {
	return &apiError{status: http.StatusConflict, id: "conflict", message: message}
}

func preconditionFailed(message string) *apiError {
	return &apiError{status: http.StatusPreconditionFailed, id: "precondition_failed", message: message}
}

func invalid(format string, args ...any) *apiError {
	return &apiError{status: http.StatusUnprocessableEntity, id: "unprocessable_entity", message: fmt.Sprintf(format, args...)}
}

// errorShape is how an error looks as JSON.
type errorShape func(requestID string, e *apiError) map[string]any

func plainShape(requestID string, e *apiError) map[string]any {
	return map[string]any{"id": e.id, "message": e.message, "request_id": requestID}
}

// rootCauseShape is what DigitalOcean's newer services answer. The plain
// fields come with it: clients take their message from there.
func rootCauseShape(requestID string, e *apiError) map[string]any {
	shape := plainShape(requestID, e)
	shape["error"], shape["messages"] = e.message, nil
	shape["root_causes"] = []string{"rpc error: code = InvalidArgument desc = " + e.message}
	return shape
}

// errorBody renders any error; what is not an apiError is a bug of dosim and
// says so.
func (rt route) errorBody(requestID string, err error) (int, []byte) {
	var e *apiError
	if !errors.As(err, &e) {
		e = &apiError{status: http.StatusInternalServerError, id: "server_error", message: "dosim: " + err.Error()}
	}
	shape := errorShape(plainShape)
	if e.status == http.StatusBadRequest && rt.badRequest != nil {
		shape = rt.badRequest
	}
	body, _ := json.Marshal(shape(requestID, e))
	return e.status, body
}

func missing(scope string) *apiError {
	return forbidden("You are missing the required permission " + scope + ".")
}
